/** What the fields have to be, as Zod schemas. */
import * as z from 'zod';

export const nameSchema = z.string().trim().min(1, 'A name is needed.');

export const emailSchema = z.email('Not an e-mail address.');

const VAT_PATTERNS = { AT: /^ATU\d{8}$/, CH: /^CHE\d{9}$/, DE: /^DE\d{9}$/ };

/** Looks at three fields at once; the store hands them over by path. */
export const vatSchema = z
  .object({
    'customer.kind': z.enum(['private', 'company']),
    'customer.vatNumber': z.string().nullable(),
    'billing.country': z.enum(['AT', 'CH', 'DE']),
  })
  .refine(
    (order) =>
      order['customer.kind'] === 'private' ||
      VAT_PATTERNS[order['billing.country']].test(order['customer.vatNumber'] ?? ''),
    'Does not fit the country.',
  );
