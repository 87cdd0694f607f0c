-- Customers without personal data: what analysis needs, and nothing that names or reaches a person.
-- Runs with the rights and row-level security of whoever reads it.
create or replace view public.customers_analytics
with (security_invoker = true) as
select c.id,
       c.shop_id,
       c.tm_id,
       c.customer_type_id,
       c.customer_type,
       c.company_name is not null and btrim(c.company_name) <> '' as is_company,
       coalesce(array_length(c.email, 1), 0) > 0 as has_email,
       c.phone_primary is not null as has_phone,
       c.city,
       c.state,
       c.country,
       c.tax_exempt,
       c.ok_for_marketing,
       c.is_placeholder,
       c.created_at,
       c.updated_at
  from public.customers c;

comment on view public.customers_analytics is
  'Customers without names, addresses, phones, e-mails and notes; same row-level security as customers.';

revoke all on public.customers_analytics from public, anon, authenticated;
grant select on public.customers_analytics to authenticated, service_role;
