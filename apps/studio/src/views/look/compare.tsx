// Two adapters: how much they look and write in the same directions.

import type { AdapterPicture, Place, Similarity } from "../../protocol/picture.ts";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import { useStudio } from "../page/use-studio.ts";
import { HeatMap } from "./heat-map.tsx";

export function Compare({ entry }: { readonly entry: ShelfEntry }) {
  const { look, shelf, text } = useStudio();
  const words = text.value.look;
  const others = shelf.usable.value.filter(({ id }) => id !== entry.id);
  if (others.length === 0) return null;
  const { value: similarity } = look.similarity;
  const other = others.find(({ id }) => id === similarity?.second);
  return (
    <section class="compare">
      <label class="inline">
        {words.compare}
        <select
          value={other?.id ?? ""}
          onChange={({ currentTarget: { value } }) => {
            if (value !== "") void look.compare(entry.id, value);
          }}
        >
          <option value="">{words.nobody}</option>
          {others.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <div role="status">
        {similarity !== undefined && other !== undefined && (
          <p>
            {similarity.cells.length === 0
              ? words.nothingShared
              : words.alike(
                  entry.name,
                  other.name,
                  words.percent(mean(similarity.cells.map(({ reads }) => reads))),
                  words.percent(mean(similarity.cells.map(({ writes }) => writes))),
                )}
          </p>
        )}
      </div>
      {similarity !== undefined && other !== undefined && similarity.cells.length > 0 && (
        <>
          <p class="quiet">{words.alikeSays}</p>
          <HeatMap title={words.alikeMap} cells={inOrderOf(look.picture.value, similarity)} />
        </>
      )}
    </section>
  );
}

/** Two tables are read side by side only where their rows agree. */
function inOrderOf(picture: AdapterPicture | undefined, { cells }: Similarity) {
  const order = new Map(picture?.cells.map(({ site }, index) => [site, index]));
  const placeOf = ({ site }: Place) => order.get(site) ?? order.size;
  return [...cells]
    .sort((one, other) => placeOf(one) - placeOf(other))
    .map(({ site, block, target, writes }) => ({ site, block, target, value: writes }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
