-- What TM's profit report last said about each stored RO, beside the last look at it: an edit of a posted RO that moves
-- no date of the RO still moves its profit there, and one page of the report shows a hundred ROs.
-- Relies on 005. Two columns without default on a narrow table; no rewrite, a short lock.

alter table public.repair_order_reads
  add column report_figures text,
  add column figures_changed_at timestamptz;

comment on column public.repair_order_reads.report_figures is
  'Labor, parts, sublet, fees and total profit of this RO as the report last listed them, as one text; NULL before.';
comment on column public.repair_order_reads.figures_changed_at is
  'When the report was first seen with other figures than before (UTC); NULL until then. Later than fetched_at: read it again.';
