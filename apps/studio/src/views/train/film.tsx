// The watched prompt and its answers, step by step: the base's stays in sight, and of the others the newest.

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Frame } from "../../protocol/run.ts";
import { useStudio } from "../page/use-studio.ts";

export function Film() {
  const { run, settings, text } = useStudio();
  const { train } = text.value;
  const { value: writing } = run.writing;
  const frames = writing === undefined ? run.frames.value : [...run.frames.value, writing];
  const strip = useRef<HTMLOListElement>(null);
  const newest = frames.at(-1)?.step;
  useLayoutEffect(() => {
    if (strip.current !== null) strip.current.scrollLeft = strip.current.scrollWidth;
  }, [newest]);
  if (frames.length === 0) return null;
  return (
    <section class="film" aria-labelledby="film-title">
      <h3 id="film-title">{train.film}</h3>
      <p class="quiet">
        {train.asked}: “{run.watched.value ?? settings.watched.value}”
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, which a keyboard must be able to do */}
      <ol ref={strip} tabIndex={0} aria-label={train.film}>
        {frames.map((frame) => (
          <FrameItem key={frame.step} frame={frame} isWriting={frame === writing} />
        ))}
      </ol>
    </section>
  );
}

function FrameItem({ frame, isWriting }: { readonly frame: Frame; readonly isWriting: boolean }) {
  const { text } = useStudio();
  const { train } = text.value;
  return (
    <li class={isWriting ? "is-writing" : ""}>
      <h4>{frame.step === 0 ? train.base : train.frame(frame.step)}</h4>
      <p>{frame.text === "" ? train.nothingSaid : frame.text}</p>
    </li>
  );
}
