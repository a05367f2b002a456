// Reload when there is something new, but never while somebody is typing.
(() => {
  const body = document.body;
  const typing = () => [...document.querySelectorAll("input:not([type=hidden])")].some(
    (field) => field === document.activeElement && field.value !== field.defaultValue
  );
  setInterval(async () => {
    if (document.hidden || typing()) return;
    try {
      const answer = await fetch(body.dataset.pulse);
      const { changes } = await answer.json();
      if (String(changes) !== body.dataset.changes) location.reload();
    } catch {
      // the stand-in has been stopped: ask again later
    }
  }, 2000);
})();
