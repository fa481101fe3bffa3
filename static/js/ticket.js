// Small comforts of writing about a ticket: its number and link are copied, pictures are pasted or dropped.

// Copied where the browser lets a page do it; otherwise the text is selected, ready for the keyboard.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  const told = button.closest(".menu__panel").querySelector("[data-copy-told]");
  text.focus();
  text.select();
  try {
    await navigator.clipboard.writeText(text.value);
    told.textContent = button.dataset.copied;
  } catch {
    told.textContent = button.dataset.selected;
  }
});

// Files that are pasted or dropped go the way of chosen ones: into the field, whose change uploads them.
const waiting = new WeakMap();

function field(form) {
  return form?.querySelector(".attach input[type=file]");
}

function hand(form) {
  const files = waiting.get(form) || [];
  const input = field(form);
  if (!input || !files.length || form.dataset.uploading) return;
  const sent = new DataTransfer();
  files.splice(0).forEach((file) => sent.items.add(file));
  input.files = sent.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function take(form, files) {
  waiting.set(form, [...(waiting.get(form) || []), ...files]);
  hand(form);
}

// A pasted picture has no name of its own: its moment tells it from the next one.
function named(file) {
  if (file.name && file.name !== "image.png") return file;
  const now = new Date();
  const moment = new Date(now - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return new File([file], `screenshot-${moment}.${file.type.split("/")[1] || "png"}`, { type: file.type });
}

document.addEventListener("paste", (event) => {
  const form = event.target.closest?.("form");
  const files = [...(event.clipboardData?.files || [])];
  // Text wins: what is copied from an office program comes as text and as its picture.
  if (!field(form) || !files.length || event.clipboardData.getData("text/plain")) return;
  event.preventDefault();
  take(form, files.map(named));
});

const brings = (event) => field(event.target.closest?.("form")) && event.dataTransfer?.types.includes("Files");
document.addEventListener("dragover", (event) => brings(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  take(event.target.closest("form"), [...event.dataTransfer.files]);
});

// The list is drawn again after each upload; what came meanwhile goes with the next one.
const uploads = (event) => event.target.matches?.(".attach input[type=file]") && event.target.form;
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = uploads(event);
  if (form) form.dataset.uploading = "1";
});
document.addEventListener("htmx:afterSettle", () => {
  document.querySelectorAll("form[data-uploading]").forEach((form) => {
    delete form.dataset.uploading;
    hand(form);
  });
});
document.addEventListener("htmx:sendError", (event) => {
  const form = uploads(event);
  if (form) delete form.dataset.uploading;
});

// A preview that the server does not give (no longer there, not a picture after all) leaves the name alone.
document.addEventListener(
  "error",
  (event) => event.target.matches?.(".file-chip__picture") && (event.target.hidden = true),
  true,
);
