"""Post codes, telephones, accounts and addresses as people type them in questions, forms, talks and lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = re.compile(r"\{([^{}]*)\}")

FOUND = r"""
my zip is {30309} is there a clinic near me
nearest covid test {30309}?
zip: {02139-4307}
ZIP {02139}
Zip Code | {60614}
City,State,Zip: {Austin}, TX, {78704}
i live in {78704}
we're in zip {78704-1234}
area code 512 / zip {78704}
{Austin} TX {78704}
{Austin}, Texas {78704}
{Austin} {78704}
home zip={80302}
postal: {M5V 3L9}
postal code {m5v3l9}
M: postcode {SW1A 1AA} please
i'm in {SE15 4QL}
near {LS6}
just moved to {BN2 1AA}
{2000} NSW
PIN {560034}
pin code is {560034}
{Bengaluru} {560034}
{Bangalore}-{560034}
{75011} {Paris}
F-{75011} {Paris}
D-{10115} {Berlin}
{1012 AB} {Amsterdam}
{28013} {Madrid}
CEP {01310-100}
zip oh two one three nine
"zip": "{78704}"
zip_code,{78704}
<zip>{78704}</zip>
|{78704}|
delivery to {Denver} {80205} only
I'm at {80205}, any pharmacy open?
pharmacy at {80205}
mailing zip is {80205}.
Caller: the zip's {80205}
What's your zip? - {80205}
call me on {07700 900123}
text {512-555-0143}
my cell {5125550143}
ph {512.555.0143}
tel: {+1 512 555 0143}
{(512) 555-0143}
{512 555 0143}
{1-800-555-0199}
{1 (800) 555-0199}
{+44 7700 900123}
{07700900123}
{020 7946 0018}
{0161 496 0000}
{(0161) 496 0000}
{+91 98765 43210}
{98765 43210}
{9876543210}
{+49 30 901820}
{030 901820}
{+33 1 23 45 67 89}
{01 23 45 67 89}
{+61 2 5550 1234}
{(02) 5550 1234}
{0412 345 678}
{555-0143}
x{5518}
ext {5518}
ext. {5518}
ext: {118}
extension is {118}
my ext is {5518}
{512-555-0143} x{22}
{512-555-0143 ext 22}
pager {33107}
pgr #{33107}
bleep {2207}
on bleep {2207}
cb# {512-555-0143}
callback {512-555-0143}
c: {512-555-0143}
(c) {512-555-0143}
(h) {512-555-0143} (w) {512-555-0144}
H {512-555-0143}
Wk {512-555-0143}
mob {07700 900123}
M. {07700 900123}
fax {512-555-0188}
F: {512-555-0188}
f {512-555-0188}
fx {512-555-0188}
T {512-555-0143} F {512-555-0188}
Tel/Fax {512-555-0143}
Phone | {512-555-0143}
phone,{5125550143}
"phone":"{5125550143}"
phone={512-555-0143}
number's {512 555 0143}
you can reach her daughter at {512 555-0143}
{five one two, five five five, oh one four three}
A: {512 555 0143}
Is this your number? {512-555-0143}. Yes.
call back at {5550143}
WhatsApp {+234 803 555 0143}
{0803 555 0143}
{+63 917 555 0143}
{0917 555 0143}
{0917-555-0143}
{+353 87 123 4567}
{087 123 4567}
{(087) 123 4567}
{+52 55 1234 5678}
{+55 11 91234-5678}
{(11) 91234-5678}
sms to {512.555.0143}
24h line {512-555-0143}
Emergency contact: Ana {512-555-0143}
EC: {512-555-0143}
NOK ph {512-555-0143}
{512/555-0143}
{512-5550143}
{512 5550143}
{(512)5550143}
{(512)555-0143}
{512–555–0143}
{512·555·0143}
{+1.512.555.0143}
{001 512 555 0143}
{00 44 7700 900123}
{0044 7700 900123}
user {mlopez42}
logged in as {mlopez42}
username is {m.lopez}
username: {lopezm}
userid={mlopez}
uid:{mlopez42}
login {mlopez_42}
portal login: {mlopez42}
my handle is {@mlopez42}
DM me {@mlopez42}
insta {@m.lopez.42}
ig: {mlopez42}
reddit u/{mlopez42}
posted by u/{mlopez42}
{mlopez42}: hi all
<{mlopez42}> hi all
Posted by {mlopez42} on
@{mlopez42} you should see a GP
twitter.com/{mlopez42}
skype {live:mlopez42}
MyChart username {mlopez42}
patient portal user {mlopez42} can't log in
signed {mlopez42}
— {mlopez42}
- {mlopez_42}, 34F
modified {mlopez42}
Tech: {mlopez42}
operator {mlopez42}
account {mlopez42}
screen name {MLopez_42}
gamertag {xX_mlopez_Xx}
telegram {@mlopez42}
snap: {mlopez42}
venmo {@mlopez-42}
discord {mlopez#4242}
wechat id {mlopez42}
user,{mlopez42}
"user": "{mlopez42}"
user='{mlopez}'
/home/{mlopez}/notes.txt
I live at {12 Larch Road}
lives at {4 Oak Ave Apt 2}
addr {4410 Wren Hollow Ct}
{4410 Wren Hollow Ct, Unit B}
{4410 wren hollow ct}
{4410 N 12th St}
{4410 NW 23rd Ave #5}
{12B Larch Rd}
{Flat 3, 12 Larch Rd}
{3/12 Larch St}
{Unit 3/12 Larch St}
{12-14 High Street}
{221b Baker Street}
on {Larch Road}
from {Larch Road}
corner of {Larch} and {5th}
{PO Box 882}
{P.O. Box 882}
{RR 2 Box 40}
{Hwy 93 mile 14}
{1 Infinite Loop}
{Rua das Flores 12}
{12 rue des Lilas}
{Lindenstraße 12}
{Via Roma 12}
{Calle Mayor 12}
{Plot 12, Sector 4}
{House 12, Road 5}
{Blk 123 Ang Mo Kio Ave 3 #04-12}
{Lot 4 Wombat Lane}
"address":"{12 Larch Road}"
street={12 Larch Road}
it's {12 Larch Road}, second floor
{one two Larch Road}
{Larch House, 12 Mill Lane}
{The Old Forge, Mill Lane}
{4 The Green}
{12 Larch Rd., Apt. 4-B}
{12 Larch Road Apt4B}
{12 LARCH RD}
{12 LARCH ROAD APT 4}
{1200 S Lamar Blvd}
{1200 South Lamar}
{7 Mile Rd}
{45 W. 4th}
{45 West Fourth Street}
homeless, stays at {5th and Main}
stays at the {Larch Inn}
""".strip().split("\n")
TOLD = [
    "What's your zip code?\nPatient: {80205}",
    "and your postcode?\nCaller: {SE15 4QL}",
    "what's the best number?\nPatient: {512, 555, 0143}",
    "address?\nPatient: {twelve Larch Road}",
    "where do you live?\nPatient: {12 Larch Road}",
    "user,{mlopez42}\n",
    "zip_code,{78704}\n",
]

LEFT = r"""
zip file attached
zip tie injury
glucose 78704
platelets 150000
WBC 12345
ICD 30309
CPT 99213
CPT 80053
HCPCS 90471
NDC 00093-0058-01
dose 10000 units
heparin 5000 units
vitamin D 50000
50,000 IU
12500 steps
took 30000 steps
order 80053 CMP
CPT code 99214 billed
PMID 30309123
doi 10.1000/182
cost $30309
ICD-10 E11.9
BP 142/86
120/80
x 5 days
x3
x 10
ext rotation
ext 90 degrees
extension 118 degrees
ext 30
knee extension 5
pager on
page 5
T 98.6
F 98.6
f 37
fx 5th metatarsal
H 5
wk 12
m 70
mob with walker
user error
user of cannabis
IV drug user
login failed
handle with care
account for
operator error
author unknown
posted yesterday
signed consent
tech difficulties
@ 40 mg
@ bedtime
q4h @ 8
Larch pollen allergy
walks 5 miles a day
100 m walk
walked 2 blocks
route PO
box of 30
lot 4 of 5
unit 5
house calls
road traffic accident
on the road
street drugs
lane keeping
court ordered
drive 30 minutes
way too tired
1 way valve
2 place decimal
5 point restraint
3 view xray
2 view chest
4 view knee series
12 lead ECG
10 ridge
6 minute walk
7 day trial
5 row
2 park
8 close contacts
3 hill
500 mg Ave
20 mg way
home 02 2L
St 4 pressure ulcer
3/5 strength
512 cells
555 ml
0.5 ml
1-2-3 test
800-1000 ml
100-200-300
500 500 500
03-5-0143
1,234,567
copies/mL 1234567
viral load 5550143
HIV VL 1 234 567
"""


@pytest.mark.parametrize("row", [*FOUND, *TOLD])
def test_what_reaches_somebody_is_covered(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Every letter and digit of what is marked is covered, whatever its label."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("sentence", LEFT.strip().split("\n"))
def test_what_only_looks_like_it_stays(sentence: str, taken: Callable[[str], list[str]]) -> None:
    """Codes of procedures, doses, counts, views and verbs of the same shapes are left."""
    assert not taken(sentence)
