"""`review user` and `review token`: who may open the review pages, and what a program may do there."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table

from deployments.cli.desk import Desk
from infra.accounts import Role, Scope

user = typer.Typer(help="Say who may open the review pages.", no_args_is_help=True)
out, err = Console(), Console(stderr=True)

Name = Annotated[str, typer.Argument(help="The user's name, as it stands in the audit.", show_default=False)]
Roles = Annotated[list[Role], typer.Option("--role", help="What the user is trusted with; may be given again.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password and print it once.")]


def _asked(context: typer.Context, method: str, path: str, body: Any = None) -> Any:
    """Ask as an administrator: the token's user, or who may open this machine's files."""
    desk: Desk = context.obj
    return desk.ask(method, path, body, role=Role.ADMIN)


def _password(*, generate: bool) -> str:
    if not generate:
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    made = secrets.token_urlsafe(15)
    out.print(made, highlight=False, markup=False)
    return made


@user.command("add")
def add(
    context: typer.Context,
    name: Name,
    role: Roles,
    generate: Generate = False,
    subject: Annotated[str, typer.Option(help="The identity provider's name for them; they have no password.")] = "",
) -> None:
    """Add a user; the password is asked for, never given on the command line."""
    password = "" if subject else _password(generate=generate)
    asked = {"name": name, "roles": role, "password": password, "subject": subject}
    _asked(context, "POST", "/users", asked)
    err.print(f"{name} may sign in: {', '.join(role)}", highlight=False)


@user.command("change")
def change(
    context: typer.Context,
    name: Name,
    role: Annotated[list[Role] | None, typer.Option("--role", help="The roles from now on.")] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    generate: Generate = False,
    active: Annotated[bool | None, typer.Option("--activate/--deactivate", help="Let in, or no longer.")] = None,
) -> None:
    """Change a user's roles or password, or let them in no longer; their sessions end."""
    new = _password(generate=generate) if password or generate else None
    asked = {"roles": role or None, "password": new, "active": active}
    _asked(context, "PATCH", f"/users/{quote(name, safe='')}", asked)
    err.print(f"{name} was changed", highlight=False)


@user.command("list")
def show(context: typer.Context) -> None:
    """List the users and their roles."""
    table = Table("User", "Roles", "May sign in")
    for held in _asked(context, "GET", "/users"):
        table.add_row(held["name"], ", ".join(held["roles"]), "yes" if held["active"] else "no")
    out.print(table)


def token(
    context: typer.Context,
    name: Annotated[str, typer.Option("--user", help="Whose token it is; a server makes your own only.")] = "",
    scope: Annotated[list[Scope] | None, typer.Option("--scope", help="What it is for; may be given again.")] = None,
    label: Annotated[str, typer.Option(help="What to call it.")] = "command line",
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 90,
) -> None:
    """Make an API token and print it once; a program sends it as `Authorization: Bearer`."""
    desk: Desk = context.obj
    who = desk.who(name, "Whose token")
    asked = {"label": label, "scopes": scope or [Scope.READ], "days": days}
    made = desk.ask("POST", "/tokens", asked, by=who)["token"]
    out.print(made, highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `deidflow review`."""
    app.add_typer(user, name="user")
    app.command()(token)
