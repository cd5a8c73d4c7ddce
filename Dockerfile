# One image for every process; docker-compose.yml says which command each runs.
FROM python:3.13-slim-bookworm AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/egraph \
    && /opt/egraph/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY egraph egraph
COPY schemas schemas
COPY streams streams
COPY analytics analytics
COPY dash_app dash_app
COPY launcher launcher
COPY simulator simulator
COPY cli cli
RUN /opt/egraph/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim-bookworm
COPY --from=build /opt/egraph /opt/egraph
RUN useradd --create-home --uid 10001 egraph && install -d -o egraph /data
ENV PATH=/opt/egraph/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    EGRAPH_DATA_DIR=/data
USER egraph
# The compiled loops, so that no container compiles them at its start.
RUN python -m streams.runtimes.views
WORKDIR /home/egraph
VOLUME /data
ENTRYPOINT ["egraph"]
CMD ["--help"]
