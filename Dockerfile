# The command, with the studio's service and the default weights: docs/guides/deploy.md

FROM docker.io/library/debian:12-slim AS build
ARG PIP_OPTIONS=""
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-pip python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY pyproject.toml setup.py constraints.txt README.md LICENSE ./
COPY configs configs
COPY src src
# hadolint ignore=SC2086
RUN python3 -m venv --without-pip /opt/chromantic \
    && python3 -m pip --python /opt/chromantic install --no-cache-dir $PIP_OPTIONS -c constraints.txt \
        '.[heic,jpeg2000,studio]'

FROM docker.io/library/debian:12-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /tmp chromantic
COPY --from=build /opt/chromantic /opt/chromantic
ENV PATH=/opt/chromantic/bin:$PATH OMP_WAIT_POLICY=passive
USER 10001
WORKDIR /photos
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-c", "from http.client import HTTPConnection\n\
server = HTTPConnection('127.0.0.1', 8000, timeout=5)\n\
server.request('GET', '/healthz')\n\
raise SystemExit(server.getresponse().status != 200)"]
ENTRYPOINT ["chromantic"]
CMD ["studio", "--host", "0.0.0.0"]
