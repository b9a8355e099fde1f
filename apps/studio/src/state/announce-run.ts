// What a screen reader is told of a run: its beginning, each quarter, its end. Every step would drown all else.

import { effect, type ReadonlySignal, untracked } from "@preact/signals";
import type { Texts } from "../text/texts.ts";
import type { RunState } from "./run.ts";

/** Where the sentences come from, and who says them. */
interface Announcer {
  readonly run: RunState;
  readonly text: ReadonlySignal<Texts>;
  announce(sentence: string): void;
}

export function announceRun(studio: Announcer): void {
  const { run, text } = studio;
  let quarter = 0;
  const say = (sentence: string) => untracked(() => studio.announce(sentence));
  effect(() => {
    const { value: phase } = run.phase;
    const { said } = text.peek().train;
    if (phase === "preparing") {
      quarter = 0;
      say(said.started);
    } else if (phase === "paused") say(said.paused);
  });
  effect(() => {
    const { value: last } = run.last;
    if (last === undefined) return;
    const reached = Math.floor((4 * last.step) / last.steps);
    if (reached <= quarter || reached === 4) return;
    quarter = reached;
    say(text.peek().train.said.share(25 * reached, last.loss.toFixed(2)));
  });
  effect(() => {
    const { value: result } = run.result;
    const { train } = text.peek();
    if (result?.reason === "finished") say(train.finished(result.steps));
    if (result?.reason === "stopped") say(train.stopped(result.steps));
  });
}
