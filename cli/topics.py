"""`egraph topics`: make the topics of the system, once, before its processes start."""

import typer

from cli.options import DEFAULT_BOOTSTRAP, Agents, AsJson, Bootstrap
from cli.run import print_json, run_async


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="topics")(topics)


def topics(bootstrap: Bootstrap = DEFAULT_BOOTSTRAP, agents: Agents = 9, as_json: AsJson = False) -> None:
    """Create the topics that are missing, and list all with their partitions and retention.

    Safe to repeat: existing topics are left as they are. One made for another number of agents is an error.
    """
    from schemas.topics import TOPICS
    from streams.adapters.kafka_log import KafkaLog

    async def create() -> tuple[str, ...]:
        async with KafkaLog(bootstrap) as log:
            return await log.create_topics(TOPICS.values(), agents)

    created = run_async(create())
    rows = [
        {
            "topic": topic.name,
            "key": topic.key,
            "partitions": topic.partition_count(agents),
            "retention_ms": topic.retention_ms,
            "created": topic.name in created,
        }
        for topic in TOPICS.values()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        state = "created" if row["created"] else "was there"
        typer.echo(f"{row['topic']:22} {row['partitions']:>3} partitions  key {row['key']:8} {state}")
