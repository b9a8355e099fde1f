// Temperature, top-p, length, seed: how words are drawn.

import type { ChatSettings } from "../../state/chat.ts";
import { useStudio } from "../page/use-studio.ts";

/** `least`, `most`, `step`: what the field takes. */
interface NumberField {
  readonly name: Exclude<keyof ChatSettings, "strength">;
  readonly least: number;
  readonly most: number;
  readonly step: number;
}

const fields: readonly NumberField[] = [
  { name: "temperature", least: 0, most: 2, step: 0.1 },
  { name: "topP", least: 0.05, most: 1, step: 0.05 },
  { name: "maxNewTokens", least: 1, most: 512, step: 1 },
  { name: "seed", least: 0, most: 2 ** 32 - 1, step: 1 },
];

export function WritingSettings() {
  const { chat, text } = useStudio();
  const { trying } = text.value;
  return (
    <details class="writing-settings">
      <summary>{trying.more}</summary>
      <div class="row">
        {fields.map(({ name, least, most, step }) => (
          <label key={name}>
            {trying[name]}
            <input
              type="number"
              min={least}
              max={most}
              step={step}
              value={chat.settings.value[name]}
              onChange={(event) => {
                const { valueAsNumber } = event.currentTarget;
                const value = Number.isFinite(valueAsNumber) ? Math.min(most, Math.max(least, valueAsNumber)) : least;
                chat.set({ [name]: step === 1 ? Math.round(value) : value });
                event.currentTarget.value = String(chat.settings.value[name]);
              }}
            />
          </label>
        ))}
      </div>
      <p class="quiet">{trying.temperatureSays(chat.settings.value.temperature)}</p>
    </details>
  );
}
