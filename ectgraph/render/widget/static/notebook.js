// The explorer as a Jupyter widget, for anywidget.

function render({ model, el }) {
  const own = ({ target }) => { target.dataset.lmSuppressShortcuts = "true"; };
  el.addEventListener("focusin", own); // keys are those of what has the focus, not the notebook's
  let shown = null;
  const show = () => {
    shown?.destroy();
    const picture = JSON.parse(new TextDecoder().decode(model.get("document")));
    shown = explore(el, picture, {
      height: model.get("height"),
      onSelect: (task) => { model.set("selected", task); model.save_changes(); },
    });
    shown.select(model.get("selected"));
  };
  const follow = () => shown.select(model.get("selected"));
  model.on("change:document change:height", show);
  model.on("change:selected", follow);
  show();
  return () => { model.off("change:document change:height", show); model.off("change:selected", follow); shown.destroy(); };
}

export default { render };
