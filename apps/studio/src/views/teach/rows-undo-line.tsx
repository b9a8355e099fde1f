// What was changed at once, with the way back.

import { useStudio } from "../page/use-studio.ts";

export function RowsUndoLine() {
  const { rows, text } = useStudio();
  const { teach } = text.value;
  const { value: undo } = rows.undo;
  return (
    <div role="status" class="undo">
      {undo && (
        <>
          <span>{teach.undone[undo.what](undo.count)}</span>
          <button type="button" class="plain" onClick={() => rows.takeBack()}>
            {teach.undo}
          </button>
        </>
      )}
    </div>
  );
}
