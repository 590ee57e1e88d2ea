// What scripts add to pages that work without them: charts, closed tables, a form that sends itself.

import { drawCharts, fitCharts } from "./charts";

/** Tables are open for readers without scripts; with charts drawn they can wait to be asked for. */
function closeTables(): void {
  for (const details of document.querySelectorAll<HTMLDetailsElement>("details.data")) {
    details.open = false;
    details.dataset.ready = "";
  }
}

/**
 * Sends a form when a choice was made with the pointer. Arrow keys change a choice at every stroke, so with
 * the keyboard the button stays in charge.
 */
function sendOnChoice(form: HTMLFormElement): void {
  let byKeyboard = false;
  form.addEventListener("keydown", () => (byKeyboard = true));
  form.addEventListener("pointerdown", () => (byKeyboard = false));
  form.addEventListener("change", () => {
    if (!byKeyboard) form.requestSubmit();
  });
  form.addEventListener("submit", () => showBusy(form));
}

/** A question about many rows takes seconds: the button says that it was heard. */
function showBusy(form: HTMLFormElement): void {
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  if (!button || button.getAttribute("aria-busy") === "true") return;
  button.dataset.label = button.textContent ?? "";
  button.setAttribute("aria-busy", "true");
  button.textContent = form.dataset.busy ?? button.textContent;
  document.documentElement.classList.add("is-busy");
}

/** Pages that come back from the browser's memory are no longer busy. */
function clearBusy(): void {
  document.documentElement.classList.remove("is-busy");
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[aria-busy]")) {
    button.removeAttribute("aria-busy");
    button.textContent = button.dataset.label ?? button.textContent;
  }
}

/** Fades the side on which a wide table goes on, and takes tables that fit out of the tab order. */
function markOverflow(): void {
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) update(target as HTMLElement);
  });
  for (const region of document.querySelectorAll<HTMLElement>(".scroll")) {
    region.addEventListener("scroll", () => update(region), { passive: true });
    watch.observe(region);
  }
  function update(region: HTMLElement): void {
    const wide = region.scrollWidth - region.clientWidth > 1;
    const high = region.scrollHeight - region.clientHeight > 1;
    const atEnd = region.scrollLeft + region.clientWidth >= region.scrollWidth - 1;
    region.classList.toggle("more", wide && !atEnd);
    if (wide || high) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  }
}

/** Paper shows every table, and charts as wide as the paper. */
function printWhole(): void {
  let opened: HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>("details.data:not([open])")];
    for (const details of opened) details.open = true;
    fitCharts(660);
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    fitCharts();
  });
}

closeTables();
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-auto]")) sendOnChoice(form);
addEventListener("pageshow", clearBusy);
markOverflow();
printWhole();
drawCharts();
