-- A shop that `warehouse promote` is still filling is paused for another reason than a refused token: a token that works must
-- not open it. Relies on 001. A constant default: no rewrite, a short lock.

alter table public.shops add column promoting boolean not null default false;

comment on column public.shops.promoting is 'warehouse promote is still copying this shop; nothing but its end opens it.';
