/** The ten thousand fields: where they lie in the store, and which of them are looked at. */

/** So many rows of so many columns. */
export const SIDE = 100;
export const FIELD_COUNT = SIDE * SIDE;

/** What the store of the firehose holds. */
export interface FirehoseData {
  /** Rows of whole degrees: what the feed writes. */
  readonly cells: readonly (readonly number[])[];
  /** Follow four of the cells. */
  readonly corners: { readonly [CORNER in Corner]: number | null };
  /** What three neighbouring cells have in common. */
  readonly commonProbe: number | undefined;
}

export type CellPath = `cells.${number}.${number}`;

export const CORNERS = ['northWest', 'northEast', 'southWest', 'southEast'] as const;
export type Corner = (typeof CORNERS)[number];

export function cellPath(row: number, column: number): CellPath {
  return `cells.${row}.${column}`;
}

/** Every cell's path, in the order in which the feed has their values. */
export const CELL_PATHS: readonly CellPath[] = Array.from({ length: FIELD_COUNT }, (_, field) =>
  cellPath(Math.floor(field / SIDE), field % SIDE),
);

/** The cells that are React components: 4 rows of 10, spread over the field. */
export const WATCHED_PATHS: readonly CellPath[] = [12, 37, 62, 87].flatMap((row) =>
  Array.from({ length: 10 }, (_, place) => cellPath(row, 5 + place * 10)),
);

/** Which cell each corner follows. */
export const CORNER_PATHS: { readonly [CORNER in Corner]: CellPath } = {
  northWest: cellPath(12, 5),
  northEast: cellPath(12, 95),
  southWest: cellPath(87, 5),
  southEast: cellPath(87, 95),
};

/** Three cells side by side, as three probes of one tank would be. */
export const PROBE_PATHS: readonly CellPath[] = [
  cellPath(49, 50),
  cellPath(50, 50),
  cellPath(51, 50),
];

/** A watched cell above it is an alarm. */
export const ALARM_ABOVE = 75;
