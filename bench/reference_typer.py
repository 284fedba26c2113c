"""The reference of a one-shot: a typer program with one empty command."""

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def main() -> None:
    """Do nothing."""


if __name__ == "__main__":
    app()
