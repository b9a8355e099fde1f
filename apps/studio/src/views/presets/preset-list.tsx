// The start of the page before any training: presets that one click teaches, and a drawing of LoRA.

import "./presets.css";
import { useEffect } from "preact/hooks";
import type { Preset } from "../../presets/preset.ts";
import { type RecordedExample, type Recording, scoreOf } from "../../presets/preset.ts";
import { shownPresets } from "../../presets/presets.ts";
import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";

export function PresetList() {
  const { presets } = useStudio().text.value;
  return (
    <Card id="presets" title={presets.title} lead={presets.lead} place="wide">
      <ul class="presets">
        {shownPresets.map(({ preset, recording }) => (
          <PresetCard key={preset.id} preset={preset} recording={recording} />
        ))}
      </ul>
    </Card>
  );
}

const models = { tiny: "Tiny", smollm2: "SmolLM2-135M" };
const megabytes = { tiny: 8, smollm2: 98 };

interface PresetCardProps {
  readonly preset: Preset;
  readonly recording: Recording;
}

function PresetCard({ preset, recording }: PresetCardProps) {
  const { text, presets: state, run, model: open } = useStudio();
  const { presets } = text.value;
  const { id, model, rows } = preset;
  const score = scoreOf(recording);
  const at = state.exampleOf(id).value;
  const example = recording.examples[at];
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
    <li class="preset" aria-labelledby={`preset-${id}`}>
      <h3 id={`preset-${id}`}>{presets.names[id]}</h3>
      <p class="quiet">{presets.leads[id]}</p>
      {example && <BeforeAfter example={example} />}
      <p class="quiet example">
        <span class="figure">{presets.example(at + 1, score.of)}</span>
        <button type="button" class="plain" onClick={() => state.nextExample(id)}>
          {presets.another}
        </button>
      </p>
      <p class="score">
        {presets.score(score.adapted, score.base, score.of)}{" "}
        <span class="quiet figure">{presets.facts(models[model], rows.length, recording.seconds)}</span>
      </p>
      <button type="button" class="main" disabled={isBusy} onClick={() => state.teach(preset)}>
        {isChosen && state.progress.value === "loading" ? presets.loading(models[model]) : label}
      </button>
      {isChosen && state.progress.value === "failed" && (
        <p class="problem" role="alert">
          {presets.failed(models[model])}
        </p>
      )}
    </li>
  );
}

function BeforeAfter({ example: { prompt, base, adapted } }: { readonly example: RecordedExample }) {
  const { presets } = useStudio().text.value;
  // The models' texts are English in every language of the page.
  return (
    <dl class="before-after">
      <dt>{presets.asked}</dt>
      <dd lang="en" class="asked">
        {prompt}
      </dd>
      <dt>{presets.before}</dt>
      <dd lang="en" class="before">
        {base}
      </dd>
      <dt>{presets.after}</dt>
      <dd lang="en" class="after">
        {adapted}
      </dd>
    </dl>
  );
}
