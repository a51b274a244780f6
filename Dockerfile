# One image for every part of Penstock; docker-compose.yml says which command each service runs.

FROM node:24-bookworm-slim AS frontend
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --compile-bytecode

FROM python:3.11-slim-bookworm
# Steps run as this user too: whoever may edit pipelines can do what it can.
RUN useradd --uid 10001 --create-home penstock && install -d -o penstock -m 0700 /data
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY manage.py pyproject.toml ./
COPY pipelines/ pipelines/
COPY templates/ templates/
COPY static/ static/
COPY --from=frontend /build/static/app static/app
# The user who runs it may not write here, so every start would compile again.
RUN .venv/bin/python -m compileall -q manage.py pipelines
RUN .venv/bin/python -m whitenoise.compress --quiet --no-brotli static/app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PENSTOCK_HOME=/data \
    DJANGO_SETTINGS_MODULE=pipelines.config.settings
USER penstock
VOLUME /data
EXPOSE 8000
# By itself the image is a whole Penstock on SQLite, as `make run` starts it.
CMD ["python", "manage.py", "up", "--host", "0.0.0.0"]
