// The buttons: which make sense in a state, and where the keyboard's focus goes when one is switched off under it.

import { element } from "./element.ts";

/** What the page is at. `broken` has no way on but to load the page again. */
export type State = "loading" | "idle" | "training" | "trained" | "answering" | "broken";

const names = ["train", "stop", "answer", "download"] as const;
type Name = (typeof names)[number];

export class Controls {
  readonly #buttons = new Map(names.map((name) => [name, element(name, HTMLButtonElement)]));
  /** The button that was switched off under the focus: it gets it back, unless the focus went elsewhere meanwhile. */
  #focusedBefore: HTMLButtonElement | undefined;

  show(state: State, { hasAdapter }: { readonly hasAdapter: boolean }): void {
    const isReady = state === "idle" || state === "trained";
    const enabled: Name[] = isReady ? ["train", "answer"] : [];
    if (isReady && hasAdapter) enabled.push("download");
    if (state === "training") enabled.push("stop");
    this.#enableOnly(enabled);
    document.body.dataset.state = state;
  }

  /** A stop takes until the end of a step; it is asked for once. */
  showStopping(): void {
    this.#enableOnly([]);
  }

  #enableOnly(enabled: readonly Name[]): void {
    const focused = document.activeElement;
    for (const [name, button] of this.#buttons) {
      button.disabled = !enabled.includes(name);
      if (button !== focused || !button.disabled) continue;
      this.#focusedBefore ??= button;
      button.blur();
    }
    this.#giveFocusBack();
  }

  #giveFocusBack(): void {
    const before = this.#focusedBefore;
    if (before === undefined) return;
    if (!before.disabled) this.#focusedBefore = undefined;
    if (document.activeElement !== document.body) return;
    const next = before.disabled ? this.#buttons.get("stop") : before;
    next?.focus({ preventScroll: true }); // does nothing where that one is switched off too
  }
}
