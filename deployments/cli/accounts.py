"""`review user` and `review token`: who may open the review pages, and what a program may do there."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra import accounts
from infra.accounts import Role, Scope
from infra.settings import Settings, prepare_home

user = typer.Typer(help="Say who may open the review pages.", no_args_is_help=True)
out, err = Console(), Console(stderr=True)

Name = Annotated[str, typer.Argument(help="The user's name, as it stands in the audit.", show_default=False)]
Roles = Annotated[list[Role], typer.Option("--role", help="What the user is trusted with; may be given again.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password and print it once.")]


def _url() -> str:
    settings = Settings()
    prepare_home(settings)
    accounts.create(settings.database_url)
    return settings.database_url


def _password(*, generate: bool) -> str:
    if not generate:
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    made = secrets.token_urlsafe(15)
    out.print(made, highlight=False, markup=False)
    return made


@user.command("add")
def add(
    name: Name,
    role: Roles,
    generate: Generate = False,
    subject: Annotated[str, typer.Option(help="The identity provider's name for them; they have no password.")] = "",
) -> None:
    """Add a user; the password is asked for, never given on the command line."""
    url = _url()
    password = "" if subject else _password(generate=generate)
    accounts.add_user(url, name, role, password, subject)
    err.print(f"{name} may sign in: {', '.join(role)}", highlight=False)


@user.command("change")
def change(
    name: Name,
    role: Annotated[list[Role] | None, typer.Option("--role", help="The roles from now on.")] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    generate: Generate = False,
    active: Annotated[bool | None, typer.Option("--activate/--deactivate", help="Let in, or no longer.")] = None,
) -> None:
    """Change a user's roles or password, or let them in no longer; their sessions end."""
    new = _password(generate=generate) if password or generate else None
    accounts.change_user(_url(), name, roles=role or None, password=new, active=active)
    err.print(f"{name} was changed", highlight=False)


@user.command("list")
def show() -> None:
    """List the users and their roles."""
    table = Table("User", "Roles", "May sign in")
    for held in accounts.users(_url()):
        table.add_row(held.name, ", ".join(held.roles), "yes" if held.active else "no")
    out.print(table)


def token(
    name: Annotated[str, typer.Option("--user", help="Whose token it is; their roles bound it.", show_default=False)],
    scope: Annotated[list[Scope] | None, typer.Option("--scope", help="What it is for; may be given again.")] = None,
    label: Annotated[str, typer.Option(help="What to call it.")] = "command line",
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 90,
) -> None:
    """Make an API token and print it once; a program sends it as `Authorization: Bearer`."""
    made = accounts.new_token(_url(), name, label, scope or [Scope.READ], days)
    out.print(made, highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `deidflow review`."""
    app.add_typer(user, name="user")
    app.command()(token)
