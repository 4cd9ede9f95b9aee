-- What the files of the project Truxify use and none of them makes. Made up for tests: names are the files', types are guesses.
create table public.profiles (
    id uuid primary key default gen_random_uuid(), firebase_uid text, customer_id uuid, role text,
    wallet_confirmed numeric, user_id uuid, status text, driver_id uuid, truck_id uuid,
    net_earnings numeric, full_name text, platform_fee numeric, phone text, toll_estimate numeric,
    truck_type text, number_plate text, is_online boolean, accuracy numeric, rating numeric,
    order_display_id text, total_trips numeric, updated_at timestamptz, load_id uuid,
    bid_amount numeric, trip_display_id text, is_active boolean
);
create table public.orders (
    id uuid primary key default gen_random_uuid(), firebase_uid text, customer_id uuid,
    order_display_id text unique, driver_id uuid, status text, role text, trip_date text,
    net_earnings numeric, user_id uuid, trip_display_id text, platform_fee numeric,
    toll_estimate numeric, truck_id uuid, load_id uuid, bid_amount numeric, is_active boolean
);
create table public.ratings (
    id uuid primary key default gen_random_uuid(), firebase_uid text, created_at timestamptz,
    customer_id uuid, order_display_id text, driver_id uuid, user_id uuid, truck_id uuid, load_id uuid,
    status text, bid_amount numeric, trip_display_id text, is_active boolean
);
create table public.truck_maintenance_tickets (
    id uuid primary key default gen_random_uuid(), firebase_uid text, user_id uuid, driver_id uuid,
    truck_id uuid, order_display_id text, load_id uuid, status text, bid_amount numeric,
    trip_display_id text, is_active boolean
);
create table public.load_offers (
    id uuid primary key default gen_random_uuid(), firebase_uid text, customer_id uuid, status text,
    driver_id uuid, created_at timestamptz, user_id uuid, freight_value numeric, pickup_address text,
    drop_address text, truck_id uuid, order_display_id text, load_id uuid, bid_amount numeric,
    trip_display_id text, is_active boolean
);
create table public.driver_details (
    id uuid primary key default gen_random_uuid(), firebase_uid text, created_at timestamptz,
    wallet_confirmed numeric, customer_id uuid, txn_type text, user_id uuid, driver_id uuid,
    status text, truck_id uuid, full_name text, phone text, truck_type text, number_plate text,
    is_online boolean, accuracy numeric, rating numeric, order_display_id text, total_trips numeric,
    updated_at timestamptz, load_id uuid, bid_amount numeric, trip_display_id text, is_active boolean
);
create table public.trucks (
    id uuid primary key default gen_random_uuid(), is_active boolean, firebase_uid text, user_id uuid,
    truck_id uuid, full_name text, driver_id uuid, phone text, truck_type text, number_plate text,
    is_online boolean, accuracy numeric, rating numeric, order_display_id text, total_trips numeric,
    updated_at timestamptz, load_id uuid, status text, bid_amount numeric, trip_display_id text
);
create table public.driver_locations (
    id uuid primary key default gen_random_uuid(), firebase_uid text, latitude numeric, user_id uuid,
    driver_id uuid, longitude text, truck_id uuid, is_active boolean, full_name text,
    last_updated_at timestamptz, phone text, location text, truck_type text, number_plate text,
    is_online boolean, accuracy numeric, rating numeric, order_display_id text, total_trips numeric,
    updated_at timestamptz, load_id uuid, status text, bid_amount numeric, trip_display_id text
);
create table public.trips (
    id uuid primary key default gen_random_uuid(), firebase_uid text, driver_id uuid, status text,
    trip_date text, net_earnings numeric, user_id uuid, trip_display_id text, platform_fee numeric,
    toll_estimate numeric, truck_id uuid, order_display_id text, load_id uuid, bid_amount numeric,
    is_active boolean
);
create table public.wallet_transactions (
    id uuid primary key default gen_random_uuid(), firebase_uid text, wallet_confirmed numeric,
    txn_type text, status text, user_id uuid, created_at timestamptz, settled_at timestamptz,
    driver_id uuid, truck_id uuid, order_display_id text, load_id uuid, bid_amount numeric,
    trip_display_id text, is_active boolean
);
create table public.support_tickets (
    id uuid primary key default gen_random_uuid(), firebase_uid text, user_id uuid, driver_id uuid,
    truck_id uuid, order_display_id text, load_id uuid, status text, bid_amount numeric,
    trip_display_id text, is_active boolean
);
create table public.notifications (
    id uuid primary key default gen_random_uuid(), firebase_uid text, notif_type text, user_id uuid,
    driver_id uuid, truck_id uuid, order_display_id text, load_id uuid, status text, bid_amount numeric,
    trip_display_id text, is_active boolean
);
create table public.documents (
    id uuid primary key default gen_random_uuid(), firebase_uid text, user_id uuid, driver_id uuid,
    truck_id uuid, order_display_id text, load_id uuid, status text, bid_amount numeric,
    trip_display_id text, is_active boolean
);
create table public.payment_methods (
    id uuid primary key default gen_random_uuid(), firebase_uid text, is_default boolean, user_id uuid,
    driver_id uuid, truck_id uuid, order_display_id text, load_id uuid, status text, bid_amount numeric,
    trip_display_id text, is_active boolean
);
create table public.customer_stats (
    id uuid primary key default gen_random_uuid(), user_id uuid, driver_id uuid, truck_id uuid,
    order_display_id text, load_id uuid, status text, bid_amount numeric, trip_display_id text,
    is_active boolean
);
create table public.tyre_diagnostics (
    id uuid primary key default gen_random_uuid(), truck_id uuid, user_id uuid, order_display_id text,
    driver_id uuid, load_id uuid, status text, bid_amount numeric, trip_display_id text,
    is_active boolean
);
create table public.geography (
    id uuid primary key default gen_random_uuid()
);
create table public.saved_addresses (
    id uuid primary key default gen_random_uuid(), user_id uuid, order_display_id text, driver_id uuid,
    load_id uuid, status text, bid_amount numeric, trip_display_id text, is_active boolean
);
create table public.order_timeline (
    id uuid primary key default gen_random_uuid(), order_display_id text, driver_id uuid, load_id uuid,
    status text, bid_amount numeric, trip_display_id text, user_id uuid, is_active boolean
);
create table public.load_bids (
    id uuid primary key default gen_random_uuid(), driver_id uuid, load_id uuid, status text,
    bid_amount numeric, trip_display_id text, user_id uuid, is_active boolean
);
create table public.trip_items (
    id uuid primary key default gen_random_uuid(), trip_display_id text, user_id uuid, is_active boolean
);
create table public.trip_stops (
    id uuid primary key default gen_random_uuid(), trip_display_id text, user_id uuid, is_active boolean
);
create table public.route_map_points (
    id uuid primary key default gen_random_uuid(), trip_display_id text, user_id uuid, is_active boolean
);
create table public.processed_batches (
    id uuid primary key default gen_random_uuid(), user_id uuid, is_active boolean
);
create table public.demand_routes (
    id uuid primary key default gen_random_uuid(), is_active boolean
);
create or replace function public.get_profile_id() returns uuid language sql stable as 'select auth.uid()';
