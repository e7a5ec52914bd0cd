// The command palette: Ctrl+K or / opens it; without scripts its button leads to the search page.
const PAUSE = 120; // milliseconds of rest before the server is asked
const dialog = document.getElementById("jd-palette");
const input = document.getElementById("jd-palette-input");
const list = document.getElementById("jd-palette-list");
const status = dialog.querySelector("[role=status]");
let timer = 0;
let asked = null;
let at = -1;

const options = () => [...list.querySelectorAll("[role=option]")];

function choose(number) {
  const all = options();
  at = all.length ? (number + all.length) % all.length : -1;
  all.forEach((one, i) => one.setAttribute("aria-selected", String(i === at)));
  if (at < 0) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  input.setAttribute("aria-activedescendant", all[at].id);
  all[at].scrollIntoView({ block: "nearest" });
}

async function ask() {
  asked?.abort();
  asked = new AbortController();
  const text = input.value.trim();
  try {
    const answer = await fetch(`${dialog.dataset.url}?${new URLSearchParams({ q: text })}`, { signal: asked.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    list.innerHTML = await answer.text(); // of our own server, which escapes every text
    options().forEach((one, i) => {
      one.id = `jd-option-${i}`;
    });
    status.textContent = list.querySelector("[data-count]").textContent;
    list.querySelector("[data-count]").remove();
    choose(0);
  } catch (error) {
    if (error.name === "AbortError") return;
    list.replaceChildren();
    choose(-1);
    status.textContent = dialog.dataset.failed;
  }
}

function open() {
  if (dialog.open) return;
  input.value = "";
  list.replaceChildren();
  dialog.showModal(); // closing it gives the focus back to where it was
  input.focus();
  ask();
}

function follow() {
  const chosen = options()[at];
  window.location.assign(chosen ? chosen.href : `${dialog.dataset.search}?${new URLSearchParams({ q: input.value })}`);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) return;
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const command = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k";
  if (command || (event.key === "/" && !event.ctrlKey && !event.metaKey && !typing)) {
    event.preventDefault();
    open();
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette]") && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open();
  } else if (event.target === dialog) dialog.close(); // beside it
});

// While an input method composes, the letters are not yet words, and Enter and the arrows belong to it.
const soon = () => {
  window.clearTimeout(timer);
  timer = window.setTimeout(ask, PAUSE);
};
input.addEventListener("input", (event) => {
  if (!event.isComposing) soon();
});
input.addEventListener("compositionend", soon);
input.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    choose(at + step);
  } else if (event.key === "Enter") {
    event.preventDefault();
    follow();
  }
});
dialog.addEventListener("close", () => {
  asked?.abort();
  window.clearTimeout(timer);
});
