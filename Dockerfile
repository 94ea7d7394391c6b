# A slim image of sweeper, for CronJobs and the like:
#
#   docker build -t sweeper .
#   docker run --rm -e SWEEPER_DATABASE_URL -v "$PWD/sweeper.toml:/etc/sweeper/sweeper.toml:ro" sweeper check
#
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY sweeper sweeper
COPY sql sql
RUN python -m venv /opt/sweeper && /opt/sweeper/bin/pip install --no-cache-dir .

FROM python:3.13-slim
COPY --from=build /opt/sweeper /opt/sweeper
ENV PATH=/opt/sweeper/bin:$PATH PYTHONDONTWRITEBYTECODE=1
# a number, so that Kubernetes can see that it is not root
USER 10001:10001
WORKDIR /etc/sweeper
ENTRYPOINT ["sweeper"]
CMD ["run"]
