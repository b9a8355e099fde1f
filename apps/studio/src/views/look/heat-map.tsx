// A table of layers, blocks across and kinds of layers down: the darker, the more. It is a table to screen readers too, and
// arrow keys move in it.

import { useSignal } from "@preact/signals";
import type { Place } from "../../protocol/picture.ts";
import { useStudio } from "../page/use-studio.ts";

interface Cell extends Place {
  readonly value: number;
}

interface HeatMapProps {
  readonly title: string;
  readonly cells: readonly Cell[];
  readonly picked?: string | undefined;
  /** Without it the cells only say what they are. */
  readonly onPick?: (site: string) => void;
}

const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ...{ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] },
};

export function HeatMap({ title, cells, picked, onPick }: HeatMapProps) {
  const words = useStudio().text.value.look;
  const targets = [...new Set(cells.map(({ target }) => target))];
  const blocks = [...new Set(cells.map(({ block }) => block))].sort((one, other) => (one ?? 1e9) - (other ?? 1e9));
  const at = (row: number, column: number) =>
    cells.find(({ target, block }) => target === targets[row] && block === blocks[column]);
  const values = cells.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
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
                  <span aria-hidden="true">{block ?? words.outside}</span>
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
                  const label = words.cell(target, words.block(block), words.percent(cell.value));
                  return (
                    <td key={block}>
                      <button
                        type="button"
                        class="heat-cell"
                        style={{ "--heat": `${Math.round((100 * cell.value) / (most || 1))}%` }}
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
        {words.legend(words.percent(least), words.percent(most))}
      </p>
      {onPick && <p class="quiet">{words.keys}</p>}
    </figure>
  );
}
