/** The rules of the form: everything that one field does to another stands here and in no component. */
import type { StoreRules } from '@aimdb/wasm/store';
import { emailSchema, nameSchema, vatSchema } from './schemas.js';

/** Rules that hold all the time. */
export const ORDER_RULES: StoreRules = {
  // Each radio button writes its own flag; the other one follows.
  flip: [['delivery.isSameAsBilling', 'delivery.isElsewhere']],
  clears: [
    // A region belongs to a country. `[*]` is `billing` or `delivery`, the same on both sides.
    { triggers: ['[*].country'], targets: ['[*].region'] },
    // A private customer has no VAT number, and a company that was one starts afresh.
    { triggers: ['customer.kind'], targets: ['customer.vatNumber'] },
    // The pairs below carry no null over: without this an old region would survive.
    { triggers: ['delivery.isSameAsBilling'], targets: ['delivery.region'] },
  ],
  concerns: {
    'customer.name': { validation: { schema: nameSchema } },
    'customer.email': { validation: { schema: emailSchema } },
    'customer.vatNumber': {
      isVisible: { IS_EQUAL: ['customer.kind', 'company'] },
      label: {
        MATCH: 'billing.country',
        CASES: { AT: 'UID number', CH: 'MWST number', DE: 'USt-IdNr.' },
        DEFAULT: 'VAT number',
      },
      placeholder: {
        MATCH: 'billing.country',
        CASES: { AT: 'ATU12345678', CH: 'CHE123456789', DE: 'DE123456789' },
      },
      validation: {
        schema: vatSchema,
        reads: ['customer.kind', 'customer.vatNumber', 'billing.country'],
      },
    },
    'billing.region': { options: regionsOf('billing.country') },
    'delivery.region': { options: regionsOf('delivery.country') },
    delivery: {
      summary: { text: 'Deliver to {{delivery.city}} by {{delivery.date}}' },
      isPlanned: {
        NOT: { OR: [{ IS_EMPTY: 'delivery.city' }, { IS_EMPTY: 'delivery.date' }] },
      },
    },
    checks: {
      canSubmit: {
        AND: [
          { IS_EQUAL: ['checks.name', true] },
          { IS_EQUAL: ['checks.email', true] },
          { IS_EQUAL: ['checks.vatNumber', true] },
          { NOT: { IS_EMPTY: 'delivery.city' } },
          { NOT: { IS_EMPTY: 'delivery.date' } },
        ],
      },
    },
  },
};

/** Rules that hold while the goods go to the billing address. */
export const SAME_ADDRESS_RULES: StoreRules = {
  oneWay: [
    ['billing.street', 'delivery.street'],
    ['billing.city', 'delivery.city'],
    ['billing.country', 'delivery.country'],
    ['billing.region', 'delivery.region'],
  ],
};

function regionsOf(countryPath: string) {
  return {
    MATCH: countryPath,
    CASES: {
      AT: ['Styria', 'Tyrol', 'Vienna'],
      CH: ['Bern', 'Geneva', 'Zürich'],
      DE: ['Bavaria', 'Berlin', 'Saxony'],
    },
    DEFAULT: [],
  };
}
