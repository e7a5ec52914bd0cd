// Small helps on every page. Nothing here is needed: each page works without scripts.
const root = document.documentElement;
root.classList.add("js");

// The person's menu closes on Escape and on a click elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(".jd-menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (location.hash === "#nav") location.hash = "#top";
});
document.addEventListener("click", (event) => {
  const menu = document.querySelector(".jd-menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
  if (event.target.closest("[data-print]")) window.print();
});

// On a narrow screen the filters would fill the first screen; those in force stand below as chips.
const filters = document.querySelector(".jd-filters");
if (filters && window.matchMedia("(max-width: 640px)").matches && !filters.querySelector(".jd-error")) filters.open = false;

// What must be mended is read out and reached first.
document.getElementById("errors")?.focus();

// A button pressed twice must not do it twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  else form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// htmx posts carry the token that the page's forms carry.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (token) event.detail.headers["X-CSRFToken"] = token.value;
});

const chart = document.querySelector("[data-chart]");
if (chart) import(chart.dataset.module);

// A stop of a guided tour: its part of the page is framed and shown, and the card is read first.
const tour = document.querySelector("[data-tour]");
if (tour) {
  document.body.classList.add("jd-touring");
  let part = null;
  try {
    part = tour.dataset.tour ? document.querySelector(tour.dataset.tour) : null;
  } catch {
    part = null;
  }
  const framed = part?.closest("section") ?? part;
  framed?.classList.add("jd-tour-here");
  if (framed && framed.getBoundingClientRect().top > innerHeight / 2) framed.scrollIntoView({ block: "start" });
  tour.querySelector("#tour-title").focus({ preventScroll: true });
}
