# One image for web server, worker, beat and the commands of an operator. What it runs is in docker/, so that the same
# lines can be tried without a container (tests/infrastructure/test_image.py).
FROM python:3.11-slim-bookworm AS build
WORKDIR /srv/helpdesk
COPY requirements/runtime.txt requirements/runtime.txt
COPY docker/install.sh docker/install.sh
RUN sh docker/install.sh packages /opt/helpdesk
COPY . .
RUN sh docker/install.sh product /opt/helpdesk

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 helpdesk \
 && useradd --system --uid 10001 --gid helpdesk --home-dir /srv/helpdesk --no-create-home helpdesk \
 && install -d -o helpdesk -g helpdesk -m 0700 /var/lib/helpdesk
COPY --from=build /opt/helpdesk /opt/helpdesk
COPY --from=build /srv/helpdesk /srv/helpdesk
WORKDIR /srv/helpdesk
ENV PATH=/opt/helpdesk/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HELPDESK_STATIC=manifest \
    HELPDESK_STATIC_ROOT=/srv/helpdesk/staticfiles \
    HELPDESK_DATA_DIR=/var/lib/helpdesk \
    HELPDESK_LOGS=json
USER helpdesk
VOLUME /var/lib/helpdesk
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["sh", "docker/start.sh", "healthy"]
ENTRYPOINT ["sh", "docker/start.sh"]
CMD ["web"]
