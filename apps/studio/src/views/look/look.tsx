// The chosen adapter from inside: where it changed the model, in how few directions, and how alike it is to another.

import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";
import { Compare } from "./compare.tsx";
import { Directions } from "./directions.tsx";
import { HeatMap } from "./heat-map.tsx";
import "./look.css";

export function Look() {
  const { look, shelf, text } = useStudio();
  const words = text.value.look;
  const { value: entry } = shelf.entry;
  const { value: picture } = look.picture;
  return (
    <Card id="look" title={words.title} lead={words.lead} place="wide">
      {entry === undefined && <p class="quiet">{words.nothing}</p>}
      {entry !== undefined && picture === undefined && (
        <div class="row">
          <button type="button" disabled={look.busy.value} onClick={() => void look.look(entry.id)}>
            {words.show}
          </button>
        </div>
      )}
      <p class={picture === undefined ? "quiet" : "unseen"} role="status">
        {look.busy.value && words.looking}
      </p>
      {look.failure.value && (
        <p class="problem" role="alert">
          {look.failure.value}
        </p>
      )}
      {entry !== undefined && picture !== undefined && (
        <div class="look">
          <HeatMap
            title={words.heatMap}
            cells={picture.cells.map(({ change, ...place }) => ({ ...place, value: change }))}
            picked={look.singular.value?.site}
            onPick={(site) => void look.pick(entry.id, site)}
          />
          {picture.without.length > 0 && <p class="quiet">{words.without(picture.without.length)}</p>}
          <Directions rank={entry.rank} />
          <Compare entry={entry} />
        </div>
      )}
    </Card>
  );
}
