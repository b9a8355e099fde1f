// How strongly the adapter acts; moving it answers the last question again.

import { useStudio } from "../page/use-studio.ts";

export function Strength() {
  const { chat, chosen, text } = useStudio();
  const { trying } = text.value;
  const { strength } = chat.settings.value;
  return (
    <div class="strength">
      <label for="strength">{trying.strength}</label>
      <input
        id="strength"
        type="range"
        min="0"
        max="2"
        step="0.1"
        list="strength-marks"
        value={strength}
        disabled={chosen.value === undefined}
        aria-valuetext={trying.strengthSays(strength)}
        onInput={(event) => chat.set({ strength: Number(event.currentTarget.value) })}
      />
      <datalist id="strength-marks">
        {[0, 1, 2].map((mark) => (
          <option key={mark} value={mark} />
        ))}
      </datalist>
      <output class="quiet figure" for="strength">
        {trying.strengthSays(strength)}
      </output>
    </div>
  );
}
