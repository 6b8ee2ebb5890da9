// The diagram and the timeline: drawn when they come into sight, and anew when the theme changes.

/** Call `act` once, when an element comes near what is seen. */
function whenSeen(element, act) {
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    watch.disconnect();
    act();
  }, { rootMargin: "200px" });
  watch.observe(element);
}

/** Leave the wheel to the page, until somebody has clicked into a picture or holds Ctrl. */
function calm(element) {
  let within = false;
  element.addEventListener("click", (event) => {
    if (!event.target.closest("canvas")) return;
    within = true;
    event.target.closest("[tabindex]")?.focus({ preventScroll: true });
  });
  element.addEventListener("pointerleave", () => { within = false; });
  element.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !within) event.stopPropagation();
  }, { capture: true, passive: true });
}

/** The colours of the page as it is now, by their names in `style`. */
function themed(style) {
  const looks = getComputedStyle(document.documentElement);
  return Object.fromEntries(Object.entries(style).map(([name, value]) => [name, looks.getPropertyValue(`--${name}`).trim() || value]));
}

/** The diagram; `open(box)` hears which box was chosen, or null. */
function diagram(section, picture, open) {
  if (!picture) {
    section.append(make("p", "hint", "There is no diagram: the ledger has no task."));
    return { choose() {}, search() {}, renew() {} };
  }
  let [shown, task, words] = [null, null, ""];
  const place = make("div", "picture");
  const hint = "Click on a box for its task. Drag to move; click into the picture, then the wheel zooms; arrow keys go from task to task.";
  section.append(make("p", "hint", hint), place);
  calm(place);
  const draw = () => {
    shown?.destroy();
    shown = explore(place, { ...picture, style: themed(picture.style) }, {
      height: Math.max(320, Math.min(640, innerHeight - 120)), beside: true,
      onSelect: (_, i) => open(i === null ? null : picture.boxes[i]),
    });
    search(words);
    if (task !== null) shown.select(task);
  };
  const search = (wanted) => {
    words = wanted;
    const field = place.querySelector("input");
    if (!field || field.value === words) return;
    field.value = words;
    field.dispatchEvent(new Event("input"));
  };
  whenSeen(place, draw);
  return {
    search,
    choose: (name) => { task = name; shown?.select(name); },
    renew: () => shown && draw(),
  };
}

/** The timeline; `open(task)` hears the name of a task whose bar was clicked. */
function timeline(section, chart, dark, open) {
  if (!chart) {
    section.append(make("p", "hint", "There is no timeline: this page was made without the extra `timeline` of ectgraph."));
    return { search() {}, renew() {} };
  }
  let [view, words, drawn] = [null, "", false];
  const place = make("div", "timeline");
  place.tabIndex = 0;
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", "Timeline; its tasks are in the table as well");
  const hint = "Point at a bar for its claims, click on it for its task. Click into the picture, then the wheel zooms and dragging moves along; a click on an agent's name leaves its tasks only, a double click brings all back. Times are UTC.";
  section.append(make("p", "hint", hint), place);
  calm(place);
  const draw = async () => {
    drawn = true;
    const made = await vegaEmbed(place, { ...(dark() ? chart.dark : chart.light), datasets: chart.data }, {
      ast: true, actions: false, defaultStyle: false, renderer: "canvas", tooltip: { disableDefaultStyle: true },
    });
    view?.finalize();
    view = made.view;
    view.addEventListener("click", (_, item) => item?.datum?.task && open(item.datum.task));
    search(words);
  };
  const search = (wanted) => {
    words = wanted;
    view?.signal("search", words.toLowerCase()).runAsync();
  };
  whenSeen(place, draw);
  return { search, renew: () => drawn && draw() };
}
