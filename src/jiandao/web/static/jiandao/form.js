// A form that loses nothing: counters, warning before leaving, drafts saved while typing.
const DELAY = 1500; // milliseconds of rest before a draft is saved
const RETRY = 5000;

// Django counts code points, and a line break as the two characters that the browser sends.
const length = (text) => [...text.replace(/\r\n|\r|\n/g, "\r\n")].length;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

function count(form, field, limit) {
  // The browser would silently cut off what is pasted beyond maxlength; it is better to show it and to say so.
  field.removeAttribute("maxlength");
  const shown = document.createElement("p");
  shown.className = "jd-counter";
  shown.id = `${field.id}-counter`;
  field.after(shown);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${shown.id}`.trim());
  const update = () => {
    const used = length(field.value);
    shown.classList.toggle("jd-counter-over", used > limit);
    shown.textContent =
      used > limit
        ? fill(form.dataset.overText, { over: used - limit, limit })
        : fill(form.dataset.limitText, { used, limit });
  };
  field.addEventListener("input", update);
  update();
}

function autosave(form) {
  const state = form.querySelector("[data-autosave-state]");
  const { autosave: url, saving, saved, failed, conflict } = form.dataset;
  let timer = 0;
  let stopped = false;
  const say = (text, values = {}) => {
    state.textContent = fill(text, values);
  };
  const save = async () => {
    timer = 0;
    say(saving);
    try {
      const answer = await fetch(url, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      if (answer.status === 409) {
        stopped = true;
        say(conflict);
      } else if (answer.ok) {
        const kept = await answer.json();
        if (form.elements.serial) form.elements.serial.value = kept.serial;
        say(saved, { time: kept.saved_at });
      } else {
        throw new Error(String(answer.status));
      }
    } catch {
      say(failed);
      timer = window.setTimeout(save, RETRY);
    }
  };
  form.addEventListener("input", () => {
    if (stopped) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(save, DELAY);
  });
  form.addEventListener("submit", () => {
    stopped = true;
    window.clearTimeout(timer);
  });
}

function guard(form) {
  let changed = document.getElementById("errors") !== null;
  form.addEventListener("input", () => {
    changed = true;
  });
  form.addEventListener("submit", () => {
    changed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}

for (const form of document.querySelectorAll("form[data-guard]")) {
  for (const place of form.querySelectorAll("[data-limit]")) {
    const field = place.matches("textarea, input") ? place : place.querySelector("textarea, input[type=text]");
    if (field) count(form, field, Number(place.dataset.limit));
  }
  guard(form);
  if (form.dataset.autosave) autosave(form);
}
