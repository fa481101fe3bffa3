import os, datetime as dt
from tests.worlds import START, PASSWORD, user_of, paris
from accounts.tenancy import acting_as
from lifecycle import services as s

def test_look(committed_world, new_context):
    w = committed_world
    from django.utils import timezone
    now = timezone.now().replace(microsecond=0)
    org = w.customers[0]
    eng = w.staff["engineer"]; mgr = w.staff["manager"]
    refs = []
    d = dt.timedelta
    specs = [
        ("Reports stay empty after the import", "critical", "", now - d(hours=70)),
        ("Connexion impossible depuis ce matin pour tous les utilisateurs du siège et des agences régionales", "no_access", "no_access_all_users", now - d(hours=2)),
        ("The legend of the BPMN diagram is cut at the right", "minor", "", now - d(days=1)),
        ("Export to Excel loses accents", "moderate", "", now - d(days=3)),
        ("Question on the publication of the intranet site", "minor", "", now - d(days=12)),
        ("Workflow stuck after transfer of ownership", "critical", "", now - d(days=20)),
    ]
    for i, (title, sev, kind, at) in enumerate(specs):
        refs.append(w.file(at=at, title=title, severity=sev, severity_kind=kind, of=i % 2 if i != 0 else 0).reference)
    r = refs[0]
    def do(actor, f, **k):
        with acting_as(actor):
            return f(actor=actor, reference=k.pop("ref", r), **k)
    do(eng, s.take_ticket, at=now - d(hours=69))
    do(eng, s.add_note, at=now - d(hours=68), body="Same stack as last week. Ask **R&D** before promising a date.\n\n- see `ExportJob 4711`")
    do(eng, s.reply, at=now - d(hours=67), body="Thank you for the details.\n\nWe can *reproduce* it on our side:\n\n```\nWebFrontEnd: ImportJob 4711 aborted (timeout 120 s)\n```\n\nSee https://example.com/known-issues?id=12 .\n\n| Version | Result |\n|---|---|\n| 6.1 | fails |\n| 6.0 | works |")
    do(eng, s.request_information, at=now - d(hours=5), body="Which **repository** is concerned? Please attach the log of the import.")
    do(eng, s.take_ticket, at=now - d(days=19), ref=refs[5])
    do(eng, s.resolve_ticket, at=now - d(days=18), ref=refs[5], resolution_type="workaround", body="Transfer the ownership again with the administration desktop.", expected_version=None) if False else None
    from tickets.models import Ticket
    with acting_as(eng):
        v = Ticket.objects.get(reference=refs[2]).version
    do(eng, s.resolve_ticket, at=now - d(hours=1), ref=refs[2], resolution_type="workaround", body="Enlarge the frame by one grid step.", expected_version=v) if False else None
    out = "/tmp/h3b_shots"; os.makedirs(out, exist_ok=True)
    people = {"cust": org.contact, "eng": eng}
    only = os.environ.get("LOOK", "")
    pages = {
        "cust": [("cases", "/cases/"), ("new", "/cases/new/"), ("ticket", f"/tickets/{r}/"), ("receipt", f"/tickets/{r}/clocks/response/"), ("contract", f"/contracts/{org.contract.id}/")],
        "eng": [("queue", "/queue/"), ("ticket", f"/tickets/{r}/"), ("new_ticket", f"/tickets/{refs[1]}/")],
    }
    for who, actor in people.items():
        for (width, scheme, lang) in ((1280, "light", "en"), (360, "light", "fr"), (1280, "dark", "fr"), (2560, "light", "en")):
            ctx = new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, locale="en-GB" if lang == "en" else "fr-FR")
            page = ctx.new_page()
            logs = []
            page.on("console", lambda m: logs.append(m.text) if m.type == "error" else None)
            page.goto("/sign-in/")
            page.fill("input[name=email]", user_of(actor).email); page.fill("input[name=password]", PASSWORD)
            page.click("button[type=submit]:has-text('Sign in'), button[type=submit]:has-text('connecter')")
            page.wait_for_load_state()
            ctx.add_cookies([{"name": "language", "value": lang, "url": page.url}])
            for name, url in pages[who]:
                if only and f"{who}_{name}" not in only: continue
                page.goto(url); page.wait_for_timeout(200)
                if name == "new":
                    page.check("input[value=critical]"); page.wait_for_timeout(500)
                if name == "ticket" and who == "eng": 
                    page.click("label[for=pick-note]")
                    page.click(".clock-card__why summary"); page.wait_for_timeout(500)
                page.screenshot(path=f"{out}/{who}_{name}_{width}_{scheme}_{lang}.png", full_page=True)
                w_ = page.evaluate("document.documentElement.scrollWidth")
                if w_ > width: print("OVERFLOW", who, name, width, w_)
            if logs: print("CONSOLE", who, width, set(logs))
            ctx.close()
