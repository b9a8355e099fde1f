// All rows; of very many only the first, until a person asks for the rest.

import { useState } from "preact/hooks";
import { useStudio } from "../page/use-studio.ts";
import { RowLine } from "./row-line.tsx";

const first = 40;

export function RowsTable() {
  const { rows, text } = useStudio();
  const { teach } = text.value;
  const [isWhole, setIsWhole] = useState(false);
  const { value: all } = rows.rows;
  const shown = isWhole ? all : all.slice(0, first);
  return (
    <>
      <div class="rows-head" aria-hidden="true">
        <span>{teach.says}</span>
        <span>{teach.answers}</span>
      </div>
      <ol class="rows">
        {shown.map((row, index) => (
          <RowLine key={row.id} row={row} number={index + 1} checked={rows.checked.value.get(row.id)} />
        ))}
      </ol>
      {shown.length < all.length && (
        <button type="button" onClick={() => setIsWhole(true)}>
          {teach.showAll(all.length)}
        </button>
      )}
    </>
  );
}
