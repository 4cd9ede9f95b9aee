CREATE TRIGGER orders_size AFTER INSERT ON orders
BEGIN
  UPDATE orders SET size = CASE WHEN NEW.total > 100 THEN 'big' ELSE 'small' END WHERE id = NEW.id;
  INSERT INTO audit (what) VALUES ('insert; of ' || NEW.id);
END;
