// The page: state in one place, views that draw it, a worker that computes.

import { render } from "preact";
import { Studio } from "./state/studio.ts";
import { openStore } from "./storage/open-store.ts";
import { App } from "./views/page/app.tsx";
import { StudioContext } from "./views/page/use-studio.ts";
import { startWorker } from "./worker-client.ts";

const studio = new Studio({
  ask: startWorker((reason) => studio.breakDown(reason)),
  store: await openStore(),
  base: document.baseURI,
  languages: navigator.languages,
});
render(
  <StudioContext value={studio}>
    <App />
  </StudioContext>,
  document.getElementById("page") as HTMLElement,
);
addEventListener("pagehide", () => studio.flush());
// For the curious and the tests: `await studio.ask("logits", { inputIds: [1, 2, 3] })` in the browser's console.
Object.assign(globalThis, { studio: { ask: studio.ask } });
/** What came by a link is the person's own from then on: a reload must not bring it again. */
const readAddress = () => {
  if (studio.share.readAddress(location.hash)) history.replaceState(null, "", location.pathname + location.search);
};
window.addEventListener("hashchange", readAddress);
void studio.start().then(readAddress);
