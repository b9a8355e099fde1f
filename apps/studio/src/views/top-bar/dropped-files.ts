// The files of a drop, including those in folders.

import { useState } from "preact/hooks";

/** Limits for depth and number of files, in case the user drops a whole disk. */
const deepest = 3;
const maxFiles = 500;

/** Whether files are over a part of the page, and the handlers that take them there. */
export function useDrop(take: (files: readonly File[]) => void) {
  const [isOver, setIsOver] = useState(false);
  const drag = (isNowOver: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setIsOver(isNowOver);
  };
  const onDrop = (event: DragEvent) => {
    drag(false)(event);
    if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(take);
  };
  return { isOver, handlers: { onDragOver: drag(true), onDragLeave: drag(false), onDrop } };
}

/** Must be called within the event: afterwards the browser no longer has the dropped files. */
async function droppedFiles(transfer: DataTransfer): Promise<readonly File[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files];
  const files: File[] = [];
  for (const entry of entries) await collect(entry, files, 0);
  return files;
}

async function collect(entry: FileSystemEntry, files: File[], depth: number): Promise<void> {
  if (files.length >= maxFiles || depth > deepest) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    // The path is in a property that only a folder's <input> sets.
    Object.defineProperty(file, "webkitRelativePath", { value: entry.fullPath.replace(/^\//, "") });
    files.push(file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A call gives a hundred at most, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await collect(each, files, depth + 1);
  }
}
