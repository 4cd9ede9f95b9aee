DROP TRIGGER orders_size;
CREATE TRIGGER orders_size AFTER INSERT ON orders WHEN NEW.size IS NULL
BEGIN
  UPDATE orders SET size = CASE WHEN NEW.total > 1000 THEN 'big' ELSE 'small' END WHERE id = NEW.id;
END;
CREATE TRIGGER orders_gone BEFORE DELETE ON orders begin
  insert into audit (what) values ('gone');
end;
