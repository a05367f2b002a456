// Small comforts on top of pages that work without them. Nothing here may be needed to do a job.
import { initAll } from "./vendor/govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// One press, one answer: a form that is on its way is not sent again (except downloads, which leave the page open).
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.dataset.hubRepeat !== undefined) return;
  if (form.dataset.hubSent) event.preventDefault();
  form.dataset.hubSent = "yes";
  setTimeout(() => delete form.dataset.hubSent, 8000);
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-hub-sent]").forEach((form) => delete form.dataset.hubSent);
});

// The staff menu is a plain list without script; on a narrow screen it folds.
const menu = document.querySelector("[data-hub-menu]");
if (menu) {
  const narrow = window.matchMedia("(max-width: 48rem)");
  const fold = () => { menu.open = !narrow.matches; };
  fold();
  narrow.addEventListener("change", fold);
}

document.querySelectorAll("[data-hub-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});

// A part that tells how far something has come is fetched anew every few seconds; once it is gone, so is the waiting.
const renewing = document.querySelector("[data-hub-renew]");
async function renew() {
  const answer = await fetch(location.href).catch(() => null);
  const fresh = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const part = fresh?.querySelector("[data-hub-renew]");
  if (fresh && !part) return location.reload();
  if (part) renewing.replaceChildren(...part.childNodes);
  setTimeout(renew, renewing.dataset.hubRenew * 1000);
}
if (renewing) setTimeout(renew, renewing.dataset.hubRenew * 1000);

// Tables that hold all their rows can be sorted by a press on a heading.
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const valueOf = (row, column) => {
  const cell = row.cells[column];
  return cell ? cell.dataset.sort ?? cell.textContent.trim() : "";
};

function sortBy(table, heading, status) {
  const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const column = heading.cellIndex;
  rows.sort((one, other) => direction * collator.compare(valueOf(one, column), valueOf(other, column)));
  body.append(...rows);
  status.textContent = `Sorted by ${heading.textContent.trim()}, ${direction === 1 ? "ascending" : "descending"}`;
}

document.querySelectorAll("table[data-hub-sort]").forEach((table) => {
  const status = document.createElement("p");
  status.className = "govuk-visually-hidden";
  status.setAttribute("role", "status");
  table.after(status);
  table.querySelectorAll("thead th").forEach((heading) => {
    if (heading.dataset.hubNosort !== undefined || !heading.textContent.trim() || heading.querySelector("a")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "hub-sort-button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, heading, status));
    heading.append(button);
  });
});

// Letter keys for pages of many quick decisions: a hint stands beside each button, and they can be turned off.
const keys = document.querySelector("[data-hub-keys]");
if (keys) {
  const off = "hub-letter-keys-off";
  const stored = () => { try { return localStorage.getItem(off) !== null; } catch { return false; } };
  let on = !stored();
  const show = () => {
    document.querySelectorAll(".hub-key").forEach((hint) => { hint.hidden = !on; });
    document.querySelectorAll("[data-hub-key]").forEach((one) => {
      if (on) one.setAttribute("aria-keyshortcuts", one.dataset.hubKey); else one.removeAttribute("aria-keyshortcuts");
    });
    keys.querySelector("span").hidden = !on;
    keys.querySelector("[data-hub-keys-switch]").textContent = on ? "Turn letter keys off" : "Turn letter keys on";
  };
  keys.hidden = false;
  show();
  keys.querySelector("[data-hub-keys-switch]").addEventListener("click", () => {
    on = !on;
    try { if (on) localStorage.removeItem(off); else localStorage.setItem(off, "yes"); } catch { /* for this page only */ }
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (!on || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const wanted = document.querySelector(`[data-hub-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (wanted) { event.preventDefault(); wanted.click(); }
  });
}
