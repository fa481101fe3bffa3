"""Addresses of the pages."""

from django.urls import path

from web.administration_urls import urlpatterns as administration_urls
from web.ticket_urls import urlpatterns as ticket_urls
from web.views import (
    customer_home,
    health,
    home,
    join,
    mailbox,
    notifications,
    passwords,
    places,
    preferences,
    second_factor,
    session,
    sign_on,
    styleguide,
    watching,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("home/", customer_home.customer_home, name="customer_home"),
    path("sign-in/", session.sign_in, name="sign_in"),
    path("sign-in/code/", second_factor.sign_in_code, name="mfa_authenticate"),
    path("sign-in/company/", sign_on.company_sign_in, name="company_sign_in"),
    path("sign-in/company/<uuid:provider_id>/<uuid:sign_on_id>/", sign_on.sign_on_callback, name="sign_on_callback"),
    path("sign-out/", session.sign_out, name="sign_out"),
    path("demo/sign-in/", session.demo_sign_in, name="demo_sign_in"),
    path("join/", join.join, name="join"),
    path("password/forgotten/", passwords.forgotten_password, name="forgotten_password"),
    path("password/new/", passwords.new_password, name="new_password"),
    path("places/", places.places, name="places"),
    path("places/choose/", places.choose_place, name="choose_place"),
    path("sessions/", session.sessions, name="sessions"),
    path("sessions/end/", session.end_session, name="end_session"),
    path("settings/", preferences.preferences, name="preferences"),
    path("settings/sign-on/", sign_on.sign_on_settings, name="sign_on_settings"),
    path("settings/second-factor/", second_factor.second_factor, name="second_factor"),
    path("settings/second-factor/codes/", second_factor.renew_codes, name="renew_codes"),
    path("settings/second-factor/remove/", second_factor.remove_second_factor, name="remove_second_factor"),
    path("settings/time-zone/", preferences.set_time_zone, name="set_time_zone"),
    path("settings/language/", preferences.set_language, name="set_language"),
    path("settings/watching/", watching.set_watching, name="set_watching"),
    path("settings/keys/", preferences.set_keys, name="set_keys"),
    path("settings/appearance/", preferences.set_appearance, name="set_appearance"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<uuid:mail_id>/", mailbox.mail, name="mail"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.notifications_read, name="notifications_read"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("healthz", health.healthz, name="healthz"),
    *administration_urls,
    *ticket_urls,
]
