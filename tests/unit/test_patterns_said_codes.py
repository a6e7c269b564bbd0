"""Accounts, links and numbers as they are said, listed and signed with, and words of the same shapes."""

import re
from collections.abc import Callable

import pytest

MARK = re.compile(r"\{([^{}]*)\}")

FOUND = r"""
bleep {two one nine six} please
{Oh seven seven double oh, nine hundred, four one six}, I left that number
it's {zero zero nine, dash, one seven five, dash, four}
The reference is {R-9 0 0 2 8 7 1}
plate is {L V 6 2 dash K}
what's your member number?\nC: {W as in whiskey, 4 4 0, 9 1 7}
It's {K as in kilo, 4 4 0, 2 2 6 dash 0 1}
(Applications nos. {30318/11}, {4127/12} and {66/13})
Appl. nos.: (1) {5401/13}, (2) {71/14}, (3) {22950/15}
Grp {0091A}
Group no. {00417}
his pager is {3310}
bleep me on {2207}
my ext's {5518}
page me at {2207}
pager no is {4471}
ext. {4471}
extension {two oh six}
path {S23-40981 A3}
block {S23-40981 B1}
file number is it {f six six one nine two}
dated {four eleven twenty three}
Her date of birth?\nCaller: {Eleven, twenty-three, seventy-nine}.
Date of birth?\nP: {four six sixty-one}
I'm at {Forty-one Larch Close}
Account no {00448812}
acct. {5567-221}
a/c {20441187}
A/C no. {20441187}
Acct# {V00448812207}
account ending {4471}
account ending in {4471}
bank account {12345678}, sort code {20-45-77}
sort code {204577}
s/c {20-45-77} acc {41128874}
BSB {062-000} account {1234 5678}
IFSC {HDFC0001234}
SWIFT {DEUTDEFF500}
routing {021000021}
IBAN {GB29 NWBK 6016 1331 9268 19}
IBAN: {AE07 0331 2345 6789 0123 456}
guarantor # {88172}
Guarantor account: {88172-01}
guarantor no. {G-88172}
invoice {INV-2021-447}
invoice {2021/447}
Inv. no. {44781}
bill no {B-44781}
billing no. {447781}
Statement # {4478}
receipt {R44781}
customer number {448812}
Customer ID: {C-44871}
client no {RDM-2022-0117}
payment ref {PX44871}
UPI id {ramesh.k@okhdfc}
Paytm {9820011223}
GCash {0917 123 4567}
Venmo {@jane-doe-44}
cheque no. {004471}
check #{1187}
HSA account {7718-22}
Rewards no {7718 2290}
loan number {LN-448812}
case acct {60114400927}
p/s {40817810900136205517}
claim {CLM-2023-44187}
claim # {44187}
Policy {XHG-3347781}
prior auth {PA-77120}
auth # {77120981}
PA# {77120981}
username {jdoe}
user name: {jdoe}
logged in as {jdoe42}
logged in as {mkhan}
signed in as {m.khan}
login {mkhan7}
log in {mkhan7}
user {jdoe92} logged in
by user {svc_hl7}
account {jpark02} locked
his handle is {oksanab_77}
screen name {mum2three}
gamertag {xX_Viper_Xx}
Discord {viper#4471}
discord: {night_owl}
IG: {nurse.kay}
insta {@nursekay}
instagram {nursekay_rn}
Snap: {tommy.b99}
snapchat is {tommyb99}
Telegram {@drsmith}
tg {@viper_1}
TikTok {@dancing.nan}
twitter {@dr_smith}
X handle {@dr_smith}
skype: {tomw88}
skype {live:tomw88}
WhatsApp name {BigDave}
reddit u/{throwaway_4471}
{u/throwaway_4471} posted
posted by {throwaway4471}
Posted as {worriedmum82}
screen name: {WorriedMum82}
forum name {AnxiousInOhio}
thanks, {worriedmum82}
Author: {r.baptiste}
edited by {rsidhu71}
uid={oadeyemi}
user_id: {oadeyemi}
[12:04] {oadeyemi}: how are you
PowerChart user: {RDELWHIT}
Epic user {RDELWHIT}
scanned by {KLJ44}
Entered by: {KLJ44}
see {mychart.example.org/visit/44}
see {portal.copperridge.example/p/alake33}
{hep.copperridgept.example/p/alake33}
go to {copperridge.org}
{drsmith.clinic}
{www.northgatecardio.example}
{HTTPS://NORTHGATE.ORG/X}
{hxxp://bad.example.com/x}
{http://10.2.3.4/pacs?id=44}
/home/{jdoe}/notes.txt
{ftp.northgate.org}
{bit.ly/3xYz}
{tinyurl.com/smithfund}
{gofundme.com/f/help-jane-doe}
{gofundme.com} page
{facebook.com/jane.doe.44}
{fb.me/janedoe}
{fb.com/janedoe}
{linkedin.com/in/jane-doe-44}
{youtu.be/dQw4w9}
{t.me/viper}
{wa.me/447700900123}
{zoom.us/j/4471882}
{goo.gl/maps/xyz}
{smithfamily.net}
{janedoe.blogspot.com}
{clinic.co.in}
{hospital.com.ng}
{x.co.za/y}
{northgate.ie}
{northgate.nhs.scot}
{portal.gov.in/x}
{northgate dot org slash portal}
{www dot northgate dot org}
{jane dot doe at gmail dot com}
{jane.doe(at)gmail.com}
{jane_doe [at] yahoo.com}
{janedoe at gmail}
""".strip().split("\n")

LEFT = r"""
one two three four counting aloud
count one, two, three, four, five
take one or two; two to three times; four or five a day
Apgar nine nine; one hundred ten over seventy
pressure was one forty over ninety
A1c was seven point two; six point five
two two by two cm; five six weeks
ninety two ninety four percent
one or two three times
three four times a day; one two weeks ago
about five six seven days
BP 1 2 0 over 80
GCS E 4 V 5 M 6
user of tobacco; drug user; IV drug user reported
user friendly; users report
account of events; on account of pain; into account the age
log in daily; login problems; login required
handle with care; the handle broke
policy of no smoking; claim of pain; claim denied
invoice attached. statement made. bill paid.
customer service; client states; client reports 3 falls
edited by the team; posted by mail; created by surgeon; scanned by ultrasound
page 3; page me when ready; extension 0/5; extension lag 10; flexion 2206
group 2 pulmonary hypertension; Group B strep; group 1 and group 2
Grp A strep
block A3; nerve block L4; path report pending
Vit.D level; e.g.low; i.e.high; p.r.n.use; pt.is well; well.He went; a.m.dose; follow.Up in 2
approx.10 mg; vs.control; b.i.d.
mg.kg; temp.98; No.4
Posted as above. Thanks, doctor. Signed in ink.
snap in finger; IG levels: normal; discord at home; telegram sent
Sort code; routing number pending; transit time 30; institution rules
BSB; SWIFT recovery; IBAN missing
check 1187 steps; check #2 done
statement 2; receipt of care
prior auth needed; auth pending
loan approved; rewards 20 points
user: none; username: unknown; user name: n/a
insta-dry; tg 120; TG 150 mg/dL; triglycerides
x 4471 ml; X 2
logged in the book; logged in as usual
u/s 12; u/o 300; i/o 200; c/o pain; s/p; w/u; h/o; r/o; n/v
//
3.5.2 release; 10.1000 cells
com; net loss; net.I/O 300; org.chart
""".strip().split("\n")


@pytest.mark.parametrize("row", FOUND)
def test_codes_are_covered_whole(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Every letter and digit of what is marked is covered, whatever its label."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT)
def test_what_looks_like_codes_stays(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Medicine of the same shapes is left; an age below 90 is left by the policy's cap."""
    assert not taken(sentence)
