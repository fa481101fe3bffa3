"""How much a request with files may carry: refused before its first file is read, so that none fills the disk."""

from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from tickets.attachments import MAX_BYTES, MAX_FILES

ENVELOPE: Final = 4 * 1024 * 1024
"""For the text of the form and what stands between its parts."""
MOST_BYTES: Final = MAX_FILES * MAX_BYTES + ENVELOPE


class WholeRequestLimit(FileUploadHandler):
    """The first of FILE_UPLOAD_HANDLERS; keeps nothing itself."""

    def handle_raw_input(
        self, input_data: Any, META: dict[str, str], content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        """Raises RequestDataTooBig, which is answered with 413, by what the request says of its own length."""
        if content_length > MOST_BYTES:
            raise RequestDataTooBig(f"{content_length} bytes were announced, {MOST_BYTES} are the most.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """On to the next handler."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Another handler has the file."""
