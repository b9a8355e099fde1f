// What stands on the page before anything is trained: things that one click teaches, and the drawing of how.

import { shownPresets } from "../../presets/presets.ts";
import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";
import { PresetCard } from "./preset-card.tsx";
import "./presets.css";

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
