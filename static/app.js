// What the pages do beyond what a browser does by itself. Everything is delegated from the document, so that what
// HTMX swaps needs no binding. No eval, no inline handlers.
(() => {
  const page = document;
  const one = (selector, root = page) => root.querySelector(selector);
  const all = (selector, root = page) => [...root.querySelectorAll(selector)];
  page.documentElement.classList.add("js");

  // Toasts: the server sends HX-Trigger: {"toast": {kind, message}}.
  function toast({ kind, message }) {
    const box = page.createElement("div");
    const text = page.createElement("span");
    const close = page.createElement("button");
    box.className = `toast ${kind}`;
    text.textContent = message;
    close.type = "button";
    close.textContent = "×";
    close.ariaLabel = "Dismiss";
    close.onclick = () => box.remove();
    box.append(text, close);
    one("#toasts").append(box);
    if (kind === "ok") setTimeout(() => box.matches(":hover, :focus-within") || box.remove(), 6000);
  }
  page.addEventListener("toast", (event) => toast(event.detail));
  all("#toasts .toast.ok").forEach((box) => setTimeout(() => box.matches(":hover, :focus-within") || box.remove(), 6000));

  // Polling: not in hidden tabs; when the server is away a banner says so, and the page stays as it was.
  let lastAnswer = new Date();
  const polls = (element) => element?.matches?.("[data-poll]");
  function offline(isOff) {
    const banner = one("#offline");
    if (isOff && banner.hidden) {
      banner.textContent = `No connection. Last update ${lastAnswer.toLocaleTimeString()}. Trying again.`;
    }
    banner.hidden = !isOff;
  }
  page.addEventListener("htmx:before:request", (event) => {
    if (polls(event.target) && page.hidden) event.preventDefault();
  });
  page.addEventListener("htmx:error", (event) => {
    if (polls(event.target)) offline(true);
    else toast({ kind: "err", message: "The server did not answer. Nothing was changed; try again." });
  });
  page.addEventListener("htmx:response:error", (event) => {
    if (polls(event.target) && event.detail.ctx.response.status >= 500) offline(true);
  });
  page.addEventListener("htmx:after:request", (event) => {
    const status = event.detail.ctx.response?.status;
    if (status && status < 500) {
      lastAnswer = new Date();
      offline(false);
    }
  });
  page.addEventListener("htmx:after:swap", () => {
    const title = one("[data-title]")?.dataset.title;
    if (title) page.title = title;
  });

  // A field whose error an answer took away is right again.
  page.addEventListener("htmx:after:swap", () => {
    all("[aria-invalid][id]").forEach((field) => one(`#error-${field.id}`) || field.removeAttribute("aria-invalid"));
  });

  // The clock of a run counts between polls; the polled HTML leaves it alone.
  const two = (number) => String(number).padStart(2, "0");
  function clock(seconds) {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
    return (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + `:${two(seconds % 60)}`;
  }
  let ticking = { state: null, base: 0, since: 0 };
  setInterval(() => {
    const shown = one("#elapsed");
    const live = one("#live");
    if (!shown || !live) return;
    if (live.dataset.state !== ticking.state) {
      ticking = { state: live.dataset.state, base: Number(live.dataset.elapsed), since: Date.now() };
    }
    const more = ticking.state === "running" ? Math.floor((Date.now() - ticking.since) / 1000) : 0;
    shown.textContent = clock(ticking.base + more);
  }, 1000);

  // Dialogs: their links lead to a confirm page without JavaScript. One dialog may serve many links: each brings its
  // question, and the address that is asked with GET and done with POST.
  function ask(dialog, opener) {
    const form = one("form", dialog);
    one("h2", dialog).textContent = opener.dataset.asks;
    form.action = opener.href;
    form.setAttribute("hx-post", opener.href);
  }
  page.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && page.getElementById(opener.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      if (opener.dataset.asks) ask(dialog, opener);
      dialog.showModal();
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  });
  page.addEventListener("submit", (event) => {
    const dialog = event.target.closest("dialog");
    if (dialog) setTimeout(() => dialog.close());
  });

  // A budget's sliders: five shares, in basis points, that always are the whole. A share that somebody sets is pinned;
  // the others share the rest in the proportions that they had when the move began, so that dragging back restores.
  const WHOLE = 10000;
  const LEAST_FREE = 2;
  const GAP = 80; // between two arcs of the ring
  const sum = (list) => list.reduce((total, one) => total + one, 0);
  const percent = (share) => `${Math.floor(share / 100)}.${two(share % 100)}`;
  const figures = new Intl.NumberFormat("en");
  const shareRows = (split) => all("[data-share]", split);
  const field = (row) => one("input[type=number]", row);
  const share = (row) => Math.round(Number(field(row).value) * 100);
  const called = (row) => one("label", row).textContent;
  let pins = []; // the oldest first
  let moving = { row: null, start: new Map() };

  function divided(rest, weights) { // by largest remainder; whole percents stay whole
    const unit = [rest, ...weights].every((one) => one % 100 === 0) ? 100 : 1;
    const total = sum(weights);
    const parts = (total ? weights : weights.map(() => 1)).map((weight) => (weight * rest) / unit);
    const by = total || weights.length;
    const given = parts.map((part) => Math.floor(part / by));
    const order = parts.map((_, at) => at).sort((a, b) => (parts[b] % by) - (parts[a] % by));
    order.slice(0, rest / unit - sum(given)).forEach((at) => { given[at] += 1; });
    return given.map((one) => one * unit);
  }
  function moved(split, row, wanted) {
    const others = shareRows(split).filter((other) => other !== row);
    const free = others.filter((other) => !pins.includes(other));
    const goesOn = moving.row === row && moving.start.size === free.length && free.every((other) => moving.start.has(other));
    if (!goesOn) moving = { row, start: new Map(free.map((other) => [other, share(other)])) };
    const room = WHOLE - sum(others.filter((other) => pins.includes(other)).map(share));
    const got = Math.max(0, Math.min(wanted, room));
    divided(room - got, free.map((other) => moving.start.get(other))).forEach((value, at) => {
      field(free[at]).value = percent(value);
    });
    return got;
  }
  function pin(split, row) {
    pins = [...pins.filter((other) => other !== row), row];
    while (shareRows(split).length - pins.length < LEAST_FREE || sum(pins.map(share)) > WHOLE) pins.shift();
  }
  function draw(split) {
    const shares = shareRows(split).map(share);
    const around = Math.max(WHOLE, sum(shares));
    let start = 0;
    shareRows(split).forEach((row, at) => {
      const credits = Math.floor((Number(split.dataset.total) * shares[at]) / WHOLE);
      const slider = one("input[type=range]", row);
      const arc = one(`[data-arc=${row.dataset.share}]`, split);
      slider.value = shares[at] / 100;
      slider.setAttribute("aria-valuetext", `${shares[at] / 100} %, ${figures.format(credits)} credits`);
      one("[data-credits]", row).textContent = figures.format(credits);
      one("[data-too-little]", row).hidden = split.dataset.total === "0" || credits >= Number(row.dataset.price);
      one(".pin", row).setAttribute("aria-pressed", pins.includes(row));
      arc.setAttribute("pathLength", around);
      arc.setAttribute("stroke-dasharray", `${shares[at] > GAP ? shares[at] - GAP : shares[at]} ${around}`);
      arc.setAttribute("stroke-dashoffset", -start);
      start += shares[at];
    });
    one("[data-sum]", split).textContent = percent(sum(shares));
    one("[data-not-whole]", split).hidden = sum(shares) === WHOLE;
  }
  let saying;
  function say(split, words) {
    clearTimeout(saying);
    saying = setTimeout(() => { one("[data-say]", split).textContent = words; }, 700);
  }
  const told = (split) => shareRows(split).map((row) => `${called(row)} ${share(row) / 100} %${pins.includes(row) ? ", pinned" : ""}`).join("; ");

  page.addEventListener("input", (event) => {
    const row = event.target.closest("[data-share]");
    const split = row?.closest("[data-split]");
    if (!split) return;
    const got = moved(split, row, Math.round(Number(event.target.value) * 100));
    if (event.target !== field(row) || Number(event.target.value) !== got / 100) field(row).value = percent(got);
    draw(split);
  }, true);
  page.addEventListener("change", (event) => {
    const row = event.target.closest("[data-share]");
    const split = row?.closest("[data-split]");
    if (!split) return;
    field(row).value = percent(share(row));
    compare(split.closest("form"));
    pin(split, row);
    draw(split);
    say(split, `${told(split)}.`);
  });
  page.addEventListener("click", (event) => {
    const row = event.target.closest(".pin")?.closest("[data-share]");
    const split = row?.closest("[data-split]");
    if (!split) return;
    if (pins.includes(row)) pins = pins.filter((other) => other !== row);
    else pin(split, row);
    draw(split);
    say(split, `${told(split)}.`);
  });
  page.addEventListener("reset", (event) => {
    const split = one("[data-split]", event.target);
    if (split) setTimeout(() => { pins = []; moving.row = null; draw(split); });
  });
  all("[data-split]").forEach(draw);

  // Several values of one kind: there is always an empty field for one more, and what is written takes its place in order.
  const SEVERAL = "[data-several]";
  const fieldsOf = (list) => all("li", list);
  const valueOf = (row) => one("input", row).value;
  const drawn = new Map(all(SEVERAL).map((list) => [list, one("ul", list).innerHTML]));
  function leaveRoom(list) {
    const last = fieldsOf(list).at(-1);
    if (!valueOf(last)) return;
    const more = last.cloneNode(true);
    one("input", more).value = "";
    one("input", more).removeAttribute("aria-invalid");
    one("label .sr", more).textContent = "One more";
    last.after(more);
  }
  function takeOut(list, row) {
    const next = row.nextElementSibling ?? row;
    if (row === next) one("input", row).value = "";
    else row.remove();
    one("input", next).focus();
    list.dispatchEvent(new Event("input", { bubbles: true }));
  }
  page.addEventListener("input", (event) => {
    const list = event.target.closest(SEVERAL);
    if (list) leaveRoom(list);
  }, true);
  page.addEventListener("click", (event) => {
    const list = event.target.closest("[data-take-out]")?.closest(SEVERAL);
    if (list) takeOut(list, event.target.closest("li"));
  });
  page.addEventListener("focusout", (event) => {
    const list = event.target.closest(SEVERAL);
    const row = list && event.target.closest("li");
    if (!row || !valueOf(row) || row.contains(event.relatedTarget)) return;
    const later = fieldsOf(list).find((other) => other !== row && (!valueOf(other) || valueOf(other) > valueOf(row)));
    if (later && row.nextElementSibling !== later) later.before(row);
  });
  page.addEventListener("reset", (event) => {
    all(SEVERAL, event.target).forEach((list) => { one("ul", list).innerHTML = drawn.get(list); });
  });

  // A file that is too large is not sent in vain.
  page.addEventListener("change", (event) => {
    const { files, dataset } = event.target;
    if (!dataset?.most || !files) return;
    event.target.setCustomValidity(files[0]?.size > dataset.most ? dataset.tooLarge : "");
    event.target.reportValidity();
  });

  // Unsaved changes.
  const isWritten = ([name, value]) => name !== "csrf_token" && typeof value === "string" && value !== "";
  const written = (form) => new URLSearchParams([...new FormData(form)].filter(isWritten)).toString();
  const saved = new Map(all("form[data-dirty]").map((form) => [form, written(form)]));
  let leaving = false;
  function compare(form) {
    const isDirty = written(form) !== saved.get(form);
    form.classList.toggle("is-dirty", isDirty);
    const note = one("[data-saved]", form);
    if (note) note.textContent = isDirty ? "Unsaved changes" : note.dataset.saved;
  }
  page.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-dirty]");
    if (form) compare(form);
  });
  page.addEventListener("reset", (event) => {
    if (saved.has(event.target)) setTimeout(() => compare(event.target));
  });
  page.addEventListener("submit", () => { leaving = true; });
  addEventListener("beforeunload", (event) => {
    if (one("form.is-dirty") && !leaving) event.preventDefault();
  });

  // Choosing rows: all of a table, or a range with shift.
  let lastChosen = null;
  const boxes = (form) => [...form.elements].filter((box) => box.matches(":is(td.pick, .pick-this) input[name]"));
  function tell(form) {
    const note = one("[data-chosen]", form);
    const count = boxes(form).filter((box) => box.checked).length;
    note.textContent = count ? `${count} ${count === 1 ? note.dataset.one : note.dataset.many} chosen.` : `Choose ${note.dataset.many} first.`;
  }
  page.addEventListener("click", (event) => {
    const form = event.target.form;
    if (!form?.matches("[data-selection]") || !event.target.matches("input[type=checkbox]")) return;
    const list = boxes(form);
    if (event.target.matches("[data-choose-all]")) {
      all("td.pick input[name]", event.target.closest("table")).forEach((box) => { box.checked = event.target.checked; });
    } else {
      if (event.shiftKey && lastChosen && list.includes(lastChosen)) {
        const [from, to] = [list.indexOf(lastChosen), list.indexOf(event.target)].sort((a, b) => a - b);
        list.slice(from, to + 1).forEach((box) => { box.checked = event.target.checked; });
      }
      lastChosen = event.target;
    }
    tell(form);
  });

  page.addEventListener("htmx:after:swap", () => all("form[data-selection]").forEach(tell)); // chosen rows may be gone

  // "/" leads to the search of a list.
  page.addEventListener("keydown", (event) => {
    const search = one("[data-search]");
    const isTyping = event.target.closest("input, textarea, select");
    if (event.key === "/" && search && !isTyping && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    }
  });
})();
