// The shelf: every adapter that the browser keeps, and ways to get more of them.

import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";
import { AdapterRow } from "./adapter-row.tsx";
import { BringIn } from "./bring-in.tsx";
import { Mix } from "./mix.tsx";
import { ShelfProblem } from "./shelf-problem.tsx";
import "./shelf.css";

export function Shelf() {
  const { shelf, store, text } = useStudio();
  const words = text.value.shelf;
  const { value: entries } = shelf.entries;
  return (
    <Card id="shelf" title={words.title} lead={words.lead}>
      {!store.isKept && <p class="problem">{words.notKept}</p>}
      {entries.length === 0 ? (
        <p class="shelf-empty">{words.empty}</p>
      ) : (
        <fieldset class="shelf-list">
          <legend class="unseen">{words.list}</legend>
          <ul>
            {entries.map((entry) => (
              <AdapterRow key={entry.id} entry={entry} />
            ))}
          </ul>
        </fieldset>
      )}
      <Removed />
      <ShelfProblem at="shelf" />
      <BringIn />
      {shelf.usable.value.length > 1 && <Mix />}
    </Card>
  );
}

function Removed() {
  const { shelf, text } = useStudio();
  const words = text.value.shelf;
  const { value: removed } = shelf.removed;
  return (
    <div role="status">
      {removed && (
        <p class="row">
          <span>{words.removed(removed.name)}</span>
          <button type="button" class="plain" onClick={() => void shelf.undo()}>
            {words.undo}
          </button>
        </p>
      )}
    </div>
  );
}
