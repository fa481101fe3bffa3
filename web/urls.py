"""Addresses of the pages."""

from django.urls import path

from web.ticket_urls import urlpatterns as ticket_urls
from web.views import health, home, mailbox, notifications, preferences, session, styleguide

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in/", session.sign_in, name="sign_in"),
    path("sign-out/", session.sign_out, name="sign_out"),
    path("demo/sign-in/", session.demo_sign_in, name="demo_sign_in"),
    path("sessions/", session.sessions, name="sessions"),
    path("sessions/end/", session.end_session, name="end_session"),
    path("settings/", preferences.preferences, name="preferences"),
    path("settings/time-zone/", preferences.set_time_zone, name="set_time_zone"),
    path("settings/language/", preferences.set_language, name="set_language"),
    path("settings/appearance/", preferences.set_appearance, name="set_appearance"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<uuid:mail_id>/", mailbox.mail, name="mail"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.notifications_read, name="notifications_read"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("healthz", health.healthz, name="healthz"),
    *ticket_urls,
]
