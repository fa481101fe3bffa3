"""Addresses of the administrator's pages."""

from django.urls import path

from web.views.administration import (
    contacts,
    contracts,
    customers,
    endings,
    home,
    invitations,
    people,
    review,
    security,
    teams,
    trail,
)

urlpatterns = [
    path("administration/", home.administration, name="administration"),
    path("administration/customers/", customers.customers, name="admin_customers"),
    path("administration/customers/new/", customers.new_customer, name="admin_new_customer"),
    path("administration/customers/<uuid:customer_id>/", customers.customer, name="admin_customer"),
    path("administration/customers/<uuid:customer_id>/end/", customers.end_customer, name="admin_end_customer"),
    path("administration/contracts/", contracts.contracts, name="admin_contracts"),
    path(
        "administration/customers/<uuid:customer_id>/contracts/new/",
        contracts.sign_contract,
        name="admin_sign_contract",
    ),
    path("administration/contracts/<uuid:contract_id>/end/", endings.end_contract, name="admin_end_contract"),
    path(
        "administration/contracts/<uuid:contract_id>/end/withdraw/",
        endings.withdraw_ending,
        name="admin_withdraw_ending",
    ),
    path("administration/people/", people.people, name="admin_people"),
    path("administration/people/<uuid:membership_id>/", people.person, name="admin_person"),
    path("administration/people/<uuid:membership_id>/end/", people.end_person, name="admin_end_person"),
    path("administration/people/<uuid:membership_id>/restore/", people.restore_person, name="admin_restore_person"),
    path("administration/partners/", people.partners, name="admin_partners"),
    path("administration/contracts/<uuid:contract_id>/contacts/", contacts.contacts, name="admin_contacts"),
    path(
        "administration/contracts/<uuid:contract_id>/contacts/<uuid:contact_id>/training/",
        contacts.record_training,
        name="admin_contact_training",
    ),
    path(
        "administration/contracts/<uuid:contract_id>/contacts/<uuid:contact_id>/withdraw/",
        contacts.withdraw_contact,
        name="admin_withdraw_contact",
    ),
    path("administration/invitations/", invitations.invitations, name="admin_invitations"),
    path(
        "administration/invitations/<uuid:invitation_id>/resend/",
        invitations.resend_invitation,
        name="admin_resend_invitation",
    ),
    path(
        "administration/invitations/<uuid:invitation_id>/revoke/",
        invitations.revoke_invitation,
        name="admin_revoke_invitation",
    ),
    path("administration/teams/", teams.teams, name="admin_teams"),
    path("administration/teams/new/", teams.new_team, name="admin_new_team"),
    path("administration/teams/<uuid:team_id>/", teams.team, name="admin_team"),
    path("administration/teams/<uuid:team_id>/archive/", teams.archive_team, name="admin_archive_team"),
    path("administration/teams/<uuid:team_id>/restore/", teams.restore_team, name="admin_restore_team"),
    path("administration/security/", security.security, name="admin_security"),
    path("administration/security/second-factor/", security.second_factor_rule, name="admin_second_factor"),
    path("administration/security/sign-on/", security.sign_on, name="admin_sign_on"),
    path("administration/security/sign-on/off/", security.sign_on_off, name="admin_sign_on_off"),
    path("administration/access-review/", review.access_review, name="access_review"),
    path("administration/access-review/file/", review.access_review_file, name="access_review_file"),
    path("administration/audit/", trail.audit_trail, name="audit_trail"),
]
