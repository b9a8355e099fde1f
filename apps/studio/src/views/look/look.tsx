// The chosen adapter from inside: where it changed the model, in how few directions, and how similar it is to another.

import "./look.css";
import { useSignal } from "@preact/signals";
import type { AdapterPicture, Place, Similarity } from "../../protocol/picture.ts";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import { percent } from "../../text/numbers.ts";
import { Card } from "../page/card.tsx";
import { Choice } from "../page/choice.tsx";
import { Problem } from "../page/problem.tsx";
import { useStudio } from "../page/use-studio.ts";

export function Look() {
  const { look, shelf, text } = useStudio();
  const words = text.value.look;
  const { value: entry } = shelf.chosenEntry;
  const { value: picture } = look.picture;
  if (entry === undefined) return null;
  return (
    <Card id="look" title={words.title} lead={words.lead} place="wide">
      {picture === undefined && (
        <div class="row">
          <button type="button" disabled={look.busy.value} onClick={() => void look.look(entry.id)}>
            {words.show}
          </button>
        </div>
      )}
      <p class={picture === undefined ? "quiet" : "unseen"} role="status">
        {look.busy.value && words.looking}
      </p>
      <Problem>{look.failure.value}</Problem>
      {picture !== undefined && (
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

function Directions({ rank }: { readonly rank: number }) {
  const { look, text } = useStudio();
  const words = text.value.look;
  const { value: singular } = look.singular;
  if (singular === undefined) return null;
  const { site, values, mattering } = singular;
  const place = look.picture.value?.cells.find((cell) => cell.site === site);
  const max = values[0] || 1;
  const written = values.map((value) => value.toPrecision(2));
  return (
    <section class="directions" aria-live="polite">
      <h3>{words.directions(place?.target ?? site, words.block(place?.block))}</h3>
      <p>{words.mattering(Math.min(rank, values.length), mattering)}</p>
      <div class="bars" role="img" aria-label={words.bars(written)}>
        {values.map((value, index) => (
          <span
            key={index}
            class={index < mattering ? "matters" : ""}
            style={{ height: `${Math.max(1, (100 * value) / max)}%` }}
            title={written[index]}
          />
        ))}
      </div>
    </section>
  );
}

function Compare({ entry }: { readonly entry: ShelfEntry }) {
  const { look, shelf, text } = useStudio();
  const words = text.value.look;
  const others = shelf.usable.value.filter(({ id }) => id !== entry.id);
  if (others.length === 0) return null;
  const { value: similarity } = look.similarity;
  const other = others.find(({ id }) => id === similarity?.second);
  return (
    <section class="compare">
      <Choice
        label={words.compare}
        value={other?.id ?? ""}
        options={[["", words.nobody], ...others.map(({ id, name }) => [id, name] as const)]}
        onChange={(id) => id !== "" && void look.compare(entry.id, id)}
      />
      <div role="status">
        {similarity !== undefined && other !== undefined && (
          <p>
            {similarity.cells.length === 0
              ? words.nothingShared
              : words.alike(
                  entry.name,
                  other.name,
                  percent(mean(similarity.cells.map(({ reads }) => reads))),
                  percent(mean(similarity.cells.map(({ writes }) => writes))),
                )}
          </p>
        )}
      </div>
      {similarity !== undefined && other !== undefined && similarity.cells.length > 0 && (
        <>
          <p class="quiet">{words.alikeNote}</p>
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

interface Cell extends Place {
  readonly value: number;
}

interface HeatMapProps {
  readonly title: string;
  readonly cells: readonly Cell[];
  readonly picked?: string | undefined;
  /** Without a click handler, the cells only show their value. */
  readonly onPick?: (site: string) => void;
}

const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function HeatMap({ title, cells, picked, onPick }: HeatMapProps) {
  const words = useStudio().text.value.look;
  const targets = [...new Set(cells.map(({ target }) => target))];
  const blocks = [...new Set(cells.map(({ block }) => block))].sort((one, other) => (one ?? 1e9) - (other ?? 1e9));
  const at = (row: number, column: number) =>
    cells.find(({ target, block }) => target === targets[row] && block === blocks[column]);
  const values = cells.map(({ value }) => value);
  const [min, max] = [Math.min(...values), Math.max(...values)];
  /** The only one that Tab reaches. */
  const current = useSignal(picked ?? cells[0]?.site);
  const isReachable = (site: string) =>
    site === (cells.some((cell) => cell.site === current.value) ? current.value : cells[0]?.site);
  const move = (event: KeyboardEvent, row: number, column: number) => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = at(row + step[0], column + step[1]);
    if (next === undefined) return;
    current.value = next.site;
    const table = (event.currentTarget as HTMLElement).closest("table");
    (table?.querySelector(`[data-site="${CSS.escape(next.site)}"]`) as HTMLElement | null)?.focus();
  };
  return (
    <figure class="heat">
      <figcaption>{title}</figcaption>
      <div class="heat-scroll">
        <table style={{ "--blocks": blocks.length }}>
          <thead>
            <tr>
              <th scope="col">{words.blocks}</th>
              {blocks.map((block) => (
                <th key={block} scope="col" class="figure">
                  <span aria-hidden="true">{block ?? "–"}</span>
                  <span class="unseen">{words.block(block)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {targets.map((target, row) => (
              <tr key={target}>
                <th scope="row">{target}</th>
                {blocks.map((block, column) => {
                  const cell = at(row, column);
                  if (cell === undefined) return <td key={block} />;
                  const label = words.cell(target, words.block(block), percent(cell.value));
                  return (
                    <td key={block}>
                      <button
                        type="button"
                        class="heat-cell"
                        style={{ "--heat": `${Math.round((100 * cell.value) / (max || 1))}%` }}
                        data-site={cell.site}
                        tabIndex={isReachable(cell.site) ? 0 : -1}
                        aria-label={label}
                        title={label}
                        {...(onPick && { "aria-pressed": picked === cell.site })}
                        onFocus={() => {
                          current.value = cell.site;
                        }}
                        onKeyDown={(event) => move(event, row, column)}
                        onClick={() => onPick?.(cell.site)}
                      />
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet figure heat-legend">
        <span class="heat-scale" aria-hidden="true" />
        {words.legend(percent(min), percent(max))}
      </p>
      {onPick && <p class="quiet">{words.keys}</p>}
    </figure>
  );
}
