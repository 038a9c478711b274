/** All ten thousand fields as one picture, a pixel each. React knows of the canvas and of no pixel. */
import { useEffect, useRef } from 'react';
import { SIDE } from './field.js';
import type { FirehoseModel } from './model.js';
import { colorOf } from './palette.js';
import type { Cells } from './run.js';

export function HeatMap({ firehose }: { firehose: FirehoseModel }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const picture = new Picture(context);
    const paint = () => picture.paint(firehose.getView().run.cells);
    paint();
    return firehose.onFrame(paint);
  }, [firehose]);
  return (
    <canvas
      ref={canvas}
      className="map"
      width={SIDE}
      height={SIDE}
      role="img"
      aria-label="Heat map of all 10,000 fields"
    />
  );
}

class Picture {
  readonly #context: CanvasRenderingContext2D;
  readonly #image: ImageData;
  #painted: Cells = [];

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
    this.#image = context.createImageData(SIDE, SIDE);
  }

  /** Paints the rows that are not the objects of the last time: what did not change is the same object. */
  paint(cells: Cells): void {
    if (cells === this.#painted) return;
    for (const [row, values] of cells.entries()) {
      if (values !== this.#painted[row]) this.#paintRow(row, values);
    }
    this.#painted = cells;
    this.#context.putImageData(this.#image, 0, 0);
  }

  #paintRow(row: number, values: readonly number[]): void {
    const { data } = this.#image;
    for (const [column, degrees] of values.entries()) {
      const at = (row * SIDE + column) * 4;
      data.set(colorOf(degrees), at);
      data[at + 3] = 255;
    }
  }
}
