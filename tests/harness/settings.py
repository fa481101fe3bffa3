"""The product's settings with what a test run wants different: speed where nothing is proved by slowness."""

import os
from pathlib import Path

from helpdesk.settings import *  # noqa: F403
from helpdesk.settings import DATA_DIR

# A server process started by a test shares the folder of that test's process.
TEST_FILES = Path(os.environ.get("HELPDESK_TEST_FILES") or DATA_DIR / "test" / f"files-{os.getpid()}")

SECRET_KEY = "only-for-tests-" + "0" * 40
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SIGN_ON_LOCAL = True
DEMO_SIZE = "small"
RUN_DIR = TEST_FILES
ATTACHMENT_ROOT = MEDIA_ROOT = TEST_FILES / "attachments"
MAIL_FOLDER = EMAIL_FILE_PATH = TEST_FILES / "mail"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
