// The first screen: what the page is for, a recorded answer before and after training, and one button that trains it here.

import "./presets.css";
import { useEffect, useState } from "preact/hooks";
import { scoreOf } from "../../presets/preset.ts";
import { type ShownPreset, shownPresets } from "../../presets/presets.ts";
import type { CardContent } from "../../share/layout-card.ts";
import { Problem } from "../page/problem.tsx";
import { useStudio } from "../page/use-studio.ts";

export function PresetList() {
  const { presets: state, text } = useStudio();
  const { presets } = text.value;
  const shown = shownPresets.find(({ preset }) => preset.id === state.shown.value) ?? shownPresets[0];
  if (shown === undefined) return null;
  return (
    <section class="card wide hero" id="presets" aria-labelledby="presets-title">
      <div class="hero-words">
        <h2 id="presets-title">{text.value.page.motto}</h2>
        <fieldset class="preset-names">
          <legend class="unseen">{presets.title}</legend>
          {shownPresets.map(({ preset: { id } }) => (
            <label key={id} class={`chip ${id === shown.preset.id ? "is-on" : ""}`}>
              <input
                type="radio"
                name="preset"
                value={id}
                checked={id === shown.preset.id}
                onChange={() => {
                  state.shown.value = id;
                }}
              />
              {presets.names[id]}
            </label>
          ))}
        </fieldset>
        <PresetFacts {...shown} />
      </div>
      <Example {...shown} />
    </section>
  );
}

const models = { tiny: "Tiny", smollm2: "SmolLM2-135M" };
const megabytes = { tiny: 8, smollm2: 98 };

function PresetFacts({ preset, recording }: ShownPreset) {
  const { text, presets: state, run, model: open } = useStudio();
  const { presets } = text.value;
  const { id, model, rows } = preset;
  const score = scoreOf(recording);
  const isChosen = state.chosen.value === id;
  const isBusy = run.isBusy.value || open.busy.value !== undefined;
  // While the page starts, its own model is on the way already.
  const isOther = state.needsOtherModel(preset) && (model !== "tiny" || open.isReady.value);
  const label = isOther ? presets.loadAndTeach(models[model], megabytes[model]) : presets.teach;
  const isTeaching = isChosen && state.progress.value === "teaching";
  useEffect(() => {
    if (isTeaching) document.getElementById("train")?.scrollIntoView();
  }, [isTeaching]);
  return (
    <>
      <p class="preset-lead">{presets.leads[id]}</p>
      <button type="button" class="main" disabled={isBusy} onClick={() => state.teach(preset)}>
        {isChosen && state.progress.value === "loading" ? presets.loading(models[model]) : label}
      </button>
      <Problem>{isChosen && state.progress.value === "failed" && presets.failed(models[model])}</Problem>
      <p class="quiet figure">
        {presets.facts(rows.length, recording.seconds)} {presets.score(score.adapted, score.base, score.of)}
      </p>
      <p class="quiet">
        <a href="#teach">{presets.ownRows}</a>
      </p>
    </>
  );
}

function Example({ preset: { id }, recording: { examples } }: ShownPreset) {
  const { text, presets: state } = useStudio();
  const { presets } = text.value;
  const at = state.exampleOf(id).value;
  const example = examples[at];
  if (example === undefined) return null;
  return (
    <div class="example">
      <p class="quiet">{presets.lead}</p>
      <BeforeAfter key={`${id} ${at}`} prompt={example.prompt} before={example.base} after={example.adapted} />
      <p class="quiet">
        <span class="figure">{presets.example(at + 1, examples.length)}</span>
        <button type="button" class="plain" onClick={() => state.nextExample(id)}>
          {presets.another}
        </button>
      </p>
    </div>
  );
}

/** A question, and its answers before and after training. */
export function BeforeAfter({ prompt, before, after }: CardContent) {
  const { presets } = useStudio().text.value;
  const shown = useTyped(after);
  // The models' texts are mostly English in every language of the page.
  return (
    <dl class="before-after">
      <dt>{presets.asked}</dt>
      <dd lang="en" class="says">
        {prompt}
      </dd>
      <dt>{presets.before}</dt>
      <dd lang="en" class="before">
        <span>{before}</span>
      </dd>
      <dt>{presets.after}</dt>
      <dd lang="en" class="after">
        {after.slice(0, shown)}
        {/* Takes its place from the start, so that nothing moves. */}
        <span class="not-yet">{after.slice(shown)}</span>
      </dd>
    </dl>
  );
}

/** Number of characters shown of a text that is written in two seconds; all of them for those who want no motion. */
function useTyped({ length }: string): number {
  const [shown, setShown] = useState(() => (matchMedia("(prefers-reduced-motion: reduce)").matches ? length : 0));
  useEffect(() => {
    if (shown >= length) return;
    const timer = setTimeout(() => setShown(Math.min(length, shown + Math.ceil(length / 40))), 50);
    return () => clearTimeout(timer);
  }, [shown, length]);
  return shown;
}
