/** The records that the engine brings, for TypeScript. The contracts stand in `lib.rs`. */
export interface Stage {
  readonly rpm: number;
}

export interface Pump {
  readonly on: boolean;
  readonly stages: readonly Stage[];
  readonly note?: string | undefined;
}

export interface Meter {
  readonly value: number;
  readonly at: number;
}

declare module '@aimdb/wasm' {
  interface AimDbRecords {
    pump: Pump;
    pressure: Meter;
    flow: Meter;
    power: Meter;
  }
}
